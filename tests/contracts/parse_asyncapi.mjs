// Reads an AsyncAPI document with the parser that partners' tools are built on; prints what it found as JSON.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
const problems = diagnostics.map(({ severity, code, message, path }) => ({ severity, code, message, path: path.join(".") }));
const raw = document?.json();
console.log(JSON.stringify({
  problems,
  version: document?.version() ?? null,
  channels: document?.channels().all().map((channel) => channel.address()) ?? [],
  operations: document?.operations().all().map((operation) => operation.id()) ?? [],
  info: raw?.info ?? null,
}));
