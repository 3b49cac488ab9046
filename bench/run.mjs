// npm run bench -- <name> [arguments]: runs one benchmark.
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const PROGRAMS = {
  tunnel: 'tunnel/main.ts',
  isolation: 'tunnel/isolation.ts',
  controlplane: 'controlplane/main.ts',
  'local-cluster': 'local-cluster/main.ts',
  core: 'core/main.ts',
}

const here = path.dirname(fileURLToPath(import.meta.url))
const name = process.argv[2]
if (!name || !Object.hasOwn(PROGRAMS, name)) {
  process.stderr.write(`usage: npm run bench -- <${Object.keys(PROGRAMS).join('|')}>\n`)
  process.exit(2)
}
process.argv.splice(2, 1)
await import(path.join(here, PROGRAMS[name]))
