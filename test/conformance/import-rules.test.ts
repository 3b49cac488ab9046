import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const biome = path.join(root, 'node_modules/@biomejs/biome/bin/biome')

/** Who may import whom inside src. `main` may import all of them, and none of them main. */
const importTable: Readonly<Record<string, readonly string[]>> = {
  wire: [],
  common: [],
  apis: [],
  transport: ['wire', 'common'],
  'konnectivity-client': ['wire', 'common', 'transport'],
  'proxy-server': ['wire', 'common', 'transport'],
  'proxy-agent': ['wire', 'common', 'transport'],
  // implements interfaces of the two tunnel processes
  'tunnel-kube': ['kube', 'common', 'proxy-server', 'proxy-agent'],
  pki: ['common'],
  cel: ['common'],
  kube: ['apis', 'common'],
  controlplane: ['apis', 'cel', 'common', 'pki'],
  'kube-controllers': ['kube', 'apis', 'pki', 'common'],
  'local-cluster': ['controlplane', 'kube-controllers', 'kube', 'apis', 'pki', 'common'],
  registration: ['apis', 'kube', 'pki', 'common'],
  work: ['apis', 'kube', 'cel', 'pki', 'common'],
  placement: ['apis', 'kube', 'cel', 'pki', 'common'],
  'addon-framework': ['apis', 'kube', 'pki', 'common'],
  'addon-manager': ['apis', 'kube', 'pki', 'common'],
  manifests: ['apis', 'common'],
  operator: ['manifests', 'apis', 'kube', 'pki', 'common'],
  'user-server': ['kube', 'apis', 'konnectivity-client', 'common'],
  'service-proxy': ['kube', 'apis', 'konnectivity-client', 'common'],
  clusteradm: ['manifests', 'kube', 'apis', 'pki', 'konnectivity-client', 'common'],
}
const folders = Object.keys(importTable)

/** Too heavy for what ends up in the SDK. */
const processPackages = ['pino', 'prom-client', 'commander', 'zod', 'undici']
const sdkFolders = ['wire', 'transport', 'konnectivity-client']

/** Every way of naming another module, and whether the linter sees it. */
const importForms = [
  `import { x } from '../main/a.ts'`,
  `import '../main/b.ts'`,
  `import type { X } from '../main/c.ts'`,
  `export { x } from '../main/d.ts'`,
  `export * from '../main/e.ts'`,
  `await import('../main/f.ts')`,
]

/**
 * Lints a copy of src's shape, one file in each folder, under the real biome.json. It stands outside src, where others
 * may be working, and holds what src must not.
 */
class LintedTree {
  readonly #dir = mkdtempSync(path.join(os.tmpdir(), 'import-rules-'))
  readonly #restricted = new Set<string>()

  write(file: string, statements: readonly string[]): void {
    const target = path.join(this.#dir, file)
    mkdirSync(path.dirname(target), { recursive: true })
    writeFileSync(target, `${statements.join('\n')}\n`)
  }

  async lint(): Promise<void> {
    cpSync(path.join(root, 'biome.json'), path.join(this.#dir, 'biome.json'))
    const args = [
      biome,
      'lint',
      '--vcs-enabled=false',
      '--only=style/noRestrictedImports',
      '--reporter=github',
    ]
    const run = promisify(execFile)(process.execPath, [...args, '--max-diagnostics=none', 'src'], {
      cwd: this.#dir,
    })
    const { stdout } = await run.catch((failure: { stdout: string }) => failure) // finding something is a failure
    const finding = /title=lint\/style\/noRestrictedImports,file=(?<file>[^,]*),line=(?<line>\d+),/g
    for (const { groups } of stdout.matchAll(finding)) {
      this.#restricted.add(
        `${path.relative(this.#dir, path.resolve(this.#dir, groups?.file ?? ''))}:${groups?.line}`,
      )
    }
  }

  /** The statements of a file, as `lines` lists them, that the linter refused. */
  refusedIn(file: string, lines: readonly string[]): string[] {
    return lines.filter((_line, index) => this.#restricted.has(`${file}:${index + 1}`))
  }

  remove(): void {
    rmSync(this.#dir, { recursive: true, force: true })
  }
}

const everyFolder = [...folders, 'main']
const importOf = (target: string, up = '..') => `import '${up}/${target}/index.ts'`
const importsOfAll = everyFolder.map((target) => importOf(target))
const nestedImportsOfAll = everyFolder.map((target) => importOf(target, '../..'))
const harmless = [
  `import 'node:net'`,
  `import './main/index.ts'`,
  `import './kube/index.ts'`,
  `import '@example/pino'`,
  `import 'example/main/index.js'`,
]
const detours = [
  `import '../../src/common/errors.ts'`,
  `import '../../test/support/x.ts'`,
  `import '../../bench/x.ts'`,
]
const packages = processPackages.flatMap((name) => [`import '${name}'`, `import { x } from '${name}/x'`])

describe('the import table', () => {
  const tree = new LintedTree()

  beforeAll(async () => {
    for (const folder of everyFolder) {
      tree.write(`src/${folder}/folders.ts`, importsOfAll)
      tree.write(`src/${folder}/inner/folders.ts`, nestedImportsOfAll)
      tree.write(`src/${folder}/harmless.ts`, harmless)
      tree.write(`src/${folder}/detours.ts`, detours)
      tree.write(`src/${folder}/packages.ts`, packages)
    }
    tree.write('src/wire/forms.ts', importForms)
    await tree.lint()
  })
  afterAll(() => tree.remove())

  it('covers every folder of src', () => {
    const present = readdirSync(path.join(root, 'src'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    )
    expect(everyFolder).toEqual(expect.arrayContaining(present.map(({ name }) => name)))
  })

  it.each(Object.entries(importTable))(
    'lets src/%s import itself and of the others only %j',
    (folder, allowed) => {
      const forbidden = everyFolder.filter((target) => target !== folder && !allowed.includes(target))
      expect(tree.refusedIn(`src/${folder}/folders.ts`, importsOfAll)).toEqual(
        forbidden.map((target) => importOf(target)),
      )
      expect(tree.refusedIn(`src/${folder}/inner/folders.ts`, nestedImportsOfAll)).toEqual(
        forbidden.map((target) => importOf(target, '../..')),
      )
    },
  )

  it('lets src/main import every folder', () => {
    expect(tree.refusedIn('src/main/folders.ts', importsOfAll)).toEqual([])
  })

  it.each(everyFolder)('lets src/%s import Node, packages and its own subfolders', (folder) => {
    expect(tree.refusedIn(`src/${folder}/harmless.ts`, harmless)).toEqual([])
  })

  it.each(everyFolder)('refuses detours over src, and test and bench, in src/%s', (folder) => {
    expect(tree.refusedIn(`src/${folder}/detours.ts`, detours)).toEqual(detours)
  })

  it.each(everyFolder)(
    'keeps the packages of processes out of src/%s exactly if the SDK is built from it',
    (folder) => {
      const expected = sdkFolders.includes(folder) ? packages : []
      expect(tree.refusedIn(`src/${folder}/packages.ts`, packages)).toEqual(expected)
    },
  )

  it('holds for every form of import', () => {
    expect(tree.refusedIn('src/wire/forms.ts', importForms)).toEqual(importForms)
  })
})
