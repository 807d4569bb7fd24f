// A user's program: calls HOST by grpc-js with its defaults, and prints the answer's size or the error.
const grpc = require("@grpc/grpc-js");

const client = new grpc.Client(process.argv[2], grpc.credentials.createSsl());
const bytes = (message) => message;
const deadline = new Date(Date.now() + 20_000);
const path = "/yandex.cloud.endpoint.ApiEndpointService/List";
client.makeUnaryRequest(path, bytes, bytes, Buffer.alloc(0), new grpc.Metadata(), { deadline }, (error, reply) => {
  console.log(error ? `${grpc.status[error.code]} ${error.details}` : `OK ${reply.includes("llm.api.cloud.yandex.net")}`);
  client.close();
});
