// Runs before `npm start` and `npm test`, under whatever Node the machine has: installs the packages of the
// lock file when they are missing or older than it, and compiles what they are for. Plain JavaScript, so that Node 20 can run it.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const stamp = path.join(root, 'node_modules', '.installed-from')
const wanted = createHash('sha256')
  .update(readFileSync(path.join(root, 'package-lock.json')))
  .digest('hex')
const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''

if (installed !== wanted) {
  process.stderr.write('installing packages (npm ci), once for each change of package-lock.json ...\n')
  const npm = process.env.npm_execpath
  const [command, args] = npm?.endsWith('.js') ? [process.execPath, [npm, 'ci']] : ['npm', ['ci']]
  const result = spawnSync(command, [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  if (result.status !== 0) {
    process.stderr.write('npm ci failed; the lines above say why\n')
    process.exit(1)
  }
  spawnSync(process.execPath, [path.join(root, 'scripts', 'compile.mjs')], { stdio: ['ignore', 2, 2] })
  writeFileSync(stamp, wanted)
}
