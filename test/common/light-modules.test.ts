import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const run = promisify(execFile)
const SRC = path.join(import.meta.dirname, '../../src')

/** Of Node's own modules, those that a process of its own has loaded with these of ours. */
async function builtinModulesWith(...modules: string[]): Promise<readonly string[]> {
  const program = `
    for (const file of ${JSON.stringify(modules.map((each) => path.join(SRC, each)))}) await import(file)
    console.log(process.moduleLoadList.join('\\n'))`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program])
  return stdout.trim().split('\n')
}

describe('what every process loads', () => {
  it.each([
    ['servers', 'common/http-endpoints.ts'],
    ['clients', 'common/undici.ts'],
    ['API servers', 'controlplane/http/api-listener.ts'],
    ['probes', 'local-cluster/probes/http-get.ts'],
  ])("%s come without Node's fetch, which takes 14 MiB", async (_, module) => {
    const loaded = await builtinModulesWith(module)
    expect(loaded).toContain('NativeModule _http_common')
    expect(loaded.filter((each) => /undici|webstreams\/readablestream/.test(each))).toEqual([])
  })
})
