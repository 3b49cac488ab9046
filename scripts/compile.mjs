// Puts all modules of src into Node's compile cache, once for each set of V8's flags that processes run with, for V8 takes no code that
// was compiled under others. Without it each process of a first start strips its modules of their types by itself, which is most of what
// its start costs.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** As bin/clusteradm and bin/cluster-proxy have them; V8 does not look at the size of its young generation here. */
const FLAGS = [[], ['--initial-heap-size=64'], ['--initial-heap-size=64', '--liftoff-only']]

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const src = path.join(root, 'src')

/** The first import throws once all are loaded, and before any of them runs. */
const program = [
  `import 'data:text/javascript,throw 0'`,
  ...readdirSync(src, { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `import ${JSON.stringify(pathToFileURL(path.join(src, name)).href)}`),
].join('\n')

const own = path.join(root, 'node_modules', '.bin', 'node')
const node = existsSync(own) ? own : process.execPath
const NODE_COMPILE_CACHE = process.env.NODE_COMPILE_CACHE ?? path.join(root, 'node_modules', '.cache', 'node')

/** Resolves when it has ended, however that was: what is missing in the cache is compiled when it is needed. */
async function compile(flags) {
  const child = spawn(node, [...flags, '--input-type=module', '-'], {
    env: { ...process.env, NODE_COMPILE_CACHE },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.stdin.on('error', () => {}).end(program)
  await once(child, 'close').catch(() => {})
}

await Promise.all(FLAGS.map(compile))
