import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

// node check.mjs NODE_MODULES: reads a document from standard input; prints what the parser says of it.
const { Parser } = createRequire(`${process.argv[2]}/`)('@asyncapi/parser');
const { document, diagnostics } = await new Parser().parse(readFileSync(0, 'utf8'));
console.log(JSON.stringify({ parsed: document !== undefined, diagnostics }));
