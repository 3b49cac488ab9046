import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { NamedPipes } from '../../../src/local-cluster/containers/named-pipes.ts'
import { ProcessPipes } from '../../../src/local-cluster/containers/process-pipes.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'pipes-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Those of our descriptors that are pipes of the folder. */
const ours = async () => {
  const descriptors = await readdir('/proc/self/fd')
  const files = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')))
  return files.filter((file) => file.startsWith(folder))
}

it('leaves no descriptor open when the pipes of a process cannot be connected', async () => {
  const pipes = await ProcessPipes.open(new NamedPipes(folder), { hasInput: true })
  expect(await ours()).toHaveLength(3)
  await rm(pipes.paths[0] ?? '')
  await expect(pipes.connect()).rejects.toThrow('ENOENT')
  expect(await ours()).toEqual([])
})

it('leaves neither descriptors nor names behind when pipes are given up', async () => {
  const pipes = await ProcessPipes.open(new NamedPipes(folder), { hasInput: true })
  await pipes.close()
  expect(await ours()).toEqual([])
  const names = await readdir(folder)
  expect(pipes.paths.filter((each) => names.includes(path.basename(each ?? '')))).toEqual([])
})
