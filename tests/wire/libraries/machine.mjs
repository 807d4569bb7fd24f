// The official SDK for Node without credentials, as on a virtual machine.
import { Session } from "@yandex-cloud/nodejs-sdk";
import { textGenerationService } from "@yandex-cloud/nodejs-sdk/ai-foundation_models-v1";

const model = new Session().client(textGenerationService.TextGenerationServiceClient);
const modelUri = `gpt://${process.env.YC_FOLDER_ID}/yandexgpt-lite/latest`;
const asked = { modelUri, messages: [{ role: "user", text: "?" }] };
for await (const answer of model.completion(textGenerationService.CompletionRequest.fromPartial(asked))) {
  console.log(answer.alternatives[0].message.role);
}
process.exit(0); // the SDK would ask for a new token in half a minute
