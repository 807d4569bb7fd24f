// The official SDK for Node with its own option for an endpoint; argument: an IAM token.
import { Session, waitForOperation } from "@yandex-cloud/nodejs-sdk";
import { datasetService } from "@yandex-cloud/nodejs-sdk/ai-dataset-v1";

const { CreateDatasetRequest, GetUploadDraftUrlRequest, ValidateDatasetRequest } = datasetService;
const { YC_API_ENDPOINT: place, YC_FOLDER_ID: folderId } = process.env;
const session = new Session({ iamToken: process.argv[2] });
const datasets = session.client(datasetService.DatasetServiceClient, place);
const draft = { folderId, name: "own", taskType: "TextToTextGeneration", uploadFormat: "jsonlines" };
const { datasetId } = await datasets.create(CreateDatasetRequest.fromPartial(draft));
const body = '{"request": [{"role": "user", "text": "q"}], "response": "a"}\n'.repeat(20);
const size = GetUploadDraftUrlRequest.fromPartial({ datasetId, sizeBytes: body.length });
await fetch((await datasets.getUploadDraftUrl(size)).uploadUrl, { method: "PUT", body });
const validation = await datasets.validate(ValidateDatasetRequest.fromPartial({ datasetId }));
console.log((await waitForOperation(validation, session, undefined, place)).done);
