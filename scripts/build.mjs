// Builds the npm packages into dist/: `npm run build` for all of them, `npm run build -- <name>` for one; `--out DIR` builds
// elsewhere. Each gets JavaScript and declarations of the source files that its entry needs, and nothing else.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const { values, positionals: wanted } = parseArgs({
  options: { out: { type: 'string' } },
  allowPositionals: true,
})
const dist = path.resolve(values.out ?? path.join(root, 'dist'))
const { version, license, author, repository } = readJson('package.json')

/** What is particular about each package: its folder in src, and what its package.json says besides the common part. */
const packages = {
  'konnectivity-client': {
    folder: 'src/konnectivity-client',
    manifest: {
      description: 'Dial into Kubernetes clusters through konnectivity (apiserver-network-proxy) tunnels',
      keywords: ['kubernetes', 'konnectivity', 'apiserver-network-proxy', 'tunnel', 'proxy', 'grpc'],
      engines: { node: '>=22' },
      exports: {
        '.': { types: './lib/konnectivity-client/index.d.ts', default: './lib/konnectivity-client/index.js' },
        './package.json': './package.json',
      },
      types: './lib/konnectivity-client/index.d.ts',
    },
  },
}

for (const name of wanted.length > 0 ? wanted : Object.keys(packages)) {
  if (!(name in packages)) {
    process.stderr.write(
      `unknown package ${JSON.stringify(name)}, there are: ${Object.keys(packages).join(', ')}\n`,
    )
    process.exit(2)
  }
  process.stdout.write(`${path.relative(process.cwd(), build(name, packages[name]))}\n`)
}

/** Returns the path of the package's tarball. */
function build(name, { folder, manifest }) {
  const directory = path.join(dist, name)
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  run('tsc', ['-p', path.join(root, folder, 'tsconfig.build.json'), '--outDir', path.join(directory, 'lib')])
  cpSync(path.join(root, folder, 'README.md'), path.join(directory, 'README.md'))
  cpSync(path.join(root, 'LICENSE'), path.join(directory, 'LICENSE'))
  const common = {
    name,
    version,
    license,
    author,
    repository,
    type: 'module',
    sideEffects: false,
    files: ['lib'],
  }
  writeFileSync(
    path.join(directory, 'package.json'),
    `${JSON.stringify({ ...common, ...manifest }, null, 2)}\n`,
  )
  run('npm', ['pack', '--silent', '--pack-destination', dist], directory)
  return path.join(dist, `${name}-${version}.tgz`)
}

function run(command, args, cwd = root) {
  const bin = path.join(root, 'node_modules', '.bin')
  execFileSync(command, args, {
    cwd,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH}` },
  })
}

function readJson(file) {
  return JSON.parse(readFileSync(path.join(root, file), 'utf8'))
}
