import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const run = promisify(execFile)
const ROOT = path.join(import.meta.dirname, '../..')

const textOf = (file: string) => readFile(path.join(ROOT, file), 'utf8')

/** V8 takes compiled code of its own tag only. */
async function tagWith(flags: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [...flags, '-p', 'v8.cachedDataVersionTag()'])
  return stdout.trim()
}

it('set-up compiles for all the flags that processes are started with', async () => {
  const started = [...(await textOf('bin/cluster-proxy')).matchAll(/heap="(-[^"]*)"/g)].map(([, text]) =>
    (text ?? '').split(' '),
  )
  const [, list = '[]'] = /^const FLAGS = (.*)$/m.exec(await textOf('scripts/compile.mjs')) ?? []
  const compiled = JSON.parse(list.replaceAll("'", '"')) as string[][]
  expect(started).toHaveLength(2)
  const tags = await Promise.all(compiled.map(tagWith))
  for (const flags of [[], ...started]) expect(tags).toContain(await tagWith(flags))
})
