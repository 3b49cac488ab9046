// npm run bench -- <name> [arguments]: runs one benchmark. Each is a folder here with a main.ts.
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const here = path.dirname(fileURLToPath(import.meta.url))
const names = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'results')
  .map((entry) => entry.name)
const name = process.argv[2]
if (!name || !names.includes(name)) {
  process.stderr.write(`usage: npm run bench -- <${names.join('|')}>\n`)
  process.exit(2)
}
process.argv.splice(2, 1)
await import(path.join(here, name, 'main.ts'))
