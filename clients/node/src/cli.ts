#!/usr/bin/env node
/** The client on the command line. Results on stdout, everything else on stderr. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

import { COMMANDS, OPTIONS, type Values } from "./commands.js";
import { AIStudio, AIStudioError, UsageError, fromEnvironment } from "./index.js";

const HELP = `aistudio-client-node: datasets and tunings of AI Studio

  datasets upload FILE --name NAME [--task-type TYPE] [--description TEXT] [--label KEY=VALUE]… [--part-size MIB]
  datasets list [--name PART] · show ID · delete ID
  tunings start DATASET_ID [--kind completion|multiclass|multilabel|pair|triplet] [--model NAME] [--name NAME] [--wait]
  tunings list · show ID · wait ID · cancel ID · metrics ID --output FILE
  models complete URI TEXT

  --folder ID            else YC_FOLDER_ID; who you are is YC_API_KEY or YC_IAM_TOKEN
  --endpoint HOST:PORT   else YC_API_ENDPOINT, else the cloud's
  --plaintext            no TLS; on this machine only
  --ca FILE              trust this certificate authority (PEM)
  --poll-interval SEC    between two polls; else from 1 s to 60 s, growing
  --json                 results as JSON, one a line

Example:
  aistudio-client-node datasets upload train.jsonl --name persona
  aistudio-client-node tunings start fds… --wait

Exit code: 0 done · 1 what was asked for failed · 2 wrong usage · 3 no service, or no access to it.
Ctrl-C clears up, and says what it left; twice ends at once.
`;

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parsed(argv);
  if (values.help || positionals.length === 0) {
    process.stdout.write(HELP);
    return values.help ? 0 : 2;
  }
  const [group = "", verb = "", ...args] = positionals;
  const command = COMMANDS[`${group} ${verb}`];
  if (!command) throw new UsageError(`there is no ${group} ${verb}; --help shows what there is`);
  if (args.length !== command.takes.length) {
    throw new UsageError(`${group} ${verb} takes ${command.takes.join(" ") || "nothing"}`);
  }
  const client = new AIStudio(settings(values));
  try {
    for await (const line of command.run(client, args, values, interrupted())) {
      process.stdout.write(`${values.json ? JSON.stringify(line) : line.text ?? told(line)}\n`);
    }
    return 0;
  } finally {
    client.close();
  }
}

function parsed(argv: string[]) {
  try {
    return parseArgs({ args: argv, options: OPTIONS, allowPositionals: true });
  } catch (problem) {
    throw new UsageError((problem as Error).message);
  }
}

function settings(values: Values) {
  const seconds = values["poll-interval"] === undefined ? undefined : Number(values["poll-interval"]);
  if (seconds !== undefined && !(seconds > 0)) throw new UsageError("--poll-interval takes seconds, more than 0");
  return fromEnvironment({
    ...(values.folder ? { folderId: values.folder } : {}),
    ...(values.endpoint ? { endpoint: values.endpoint } : {}),
    ...(values.ca ? { ca: readFileSync(values.ca) } : {}),
    ...(seconds ? { polling: { first: seconds, factor: 1, longest: seconds } } : {}),
    plaintext: values.plaintext ?? false,
  });
}

/** Aborted by the first Ctrl-C (or SIGTERM); the second one ends the process at once. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => {
      process.stderr.write("\nclearing up; once more ends at once, and may leave a draft behind\n");
      controller.abort();
    });
  }
  return controller.signal;
}

function told(line: object): string {
  return Object.values(line)
    .filter((value) => typeof value === "string" || typeof value === "number")
    .filter((value) => value !== "")
    .join("  ");
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (failure: unknown) => {
    const isOurs = failure instanceof AIStudioError;
    process.stderr.write(`aistudio-client-node: ${isOurs ? failure.message : (failure as Error).stack}\n`);
    process.exitCode = isOurs ? failure.exitCode : 3;
  },
);
