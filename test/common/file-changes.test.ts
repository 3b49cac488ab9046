import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { FileChanges } from '../../src/common/file-changes.ts'
import { eventually } from '../support/eventually.ts'

describe('changes of files', () => {
  let directory: string
  let changes: FileChanges | undefined
  const changed: string[] = []
  const file = (name: string) => path.join(directory, name)

  beforeEach(async () => {
    changed.length = 0
    directory = await mkdtemp(path.join(os.tmpdir(), 'file-changes-'))
    await writeFile(file('a'), 'one')
  })

  afterEach(async () => {
    await changes?.stop()
    await rm(directory, { recursive: true, force: true })
  })

  const watch = async (...names: string[]) => {
    const onChange = (name: string) => changed.push(path.basename(name))
    changes = new FileChanges({ files: names.map(file), onChange, intervalMs: 1 })
    await changes.start()
  }

  it.each([
    ['another content', () => writeFile(file('a'), 'two')],
    ['a file that has gone', () => rm(file('a'))],
    [
      'a symbolic link in its place',
      async () => {
        await writeFile(file('other'), 'two')
        await symlink(file('other'), file('link'))
        await rename(file('link'), file('a'))
      },
    ],
  ])('are told once: %s', async (_what, change) => {
    await watch('missing', 'a')
    await change()
    await eventually(() => changed).toEqual(['a'])
  })

  it('are told of a file that came', async () => {
    await watch('a', 'missing')
    await writeFile(file('missing'), '')
    await eventually(() => changed).toEqual(['missing'])
  })
})
