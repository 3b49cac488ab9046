import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readManifests } from '../../src/clusteradm/create/manifest-files.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'manifests-'))
})
afterAll(() => rm(folder, { recursive: true }))

it('reads integers of manifests to the last digit', async () => {
  const file = path.join(folder, 'widget.yaml')
  const spec = '{ at: 1700000000123456789, replicas: 3, 1: 0x10, share: 0.5, huge: 18446744073709551615 }'
  await writeFile(file, `apiVersion: example.com/v1\nkind: Widget\nspec: ${spec}\n`)
  const { signal } = new AbortController()
  expect(await readManifests([file], { recursive: false, signal })).toEqual([
    {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      spec: { at: 1700000000123456789n, replicas: 3, 1: 16, share: 0.5, huge: 18446744073709552000 },
    },
  ])
})
