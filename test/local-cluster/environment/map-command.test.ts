import { expect, it } from 'vitest'
import { mapCommand } from '../../../src/local-cluster/environment/index.ts'

const MOUNTS = [{ mountPath: '/data' }, { mountPath: '/etc/x/' }]

it.each([
  [
    ['cat', '/data/f'],
    ['cat', '/R/data/f'],
  ],
  [
    ['tar', 'cf', '-', '/data/f'],
    ['tar', 'cf', '-', '-C', '/R', 'data/f'],
  ],
  [
    ['tar', 'cf', '-', '/data'],
    ['tar', 'cf', '-', '-C', '/R', 'data/.'],
  ],
  [
    ['tar', 'cf', '-', '/etc/x/'],
    ['tar', 'cf', '-', '-C', '/R', 'etc/x/.'],
  ],
  [
    ['tar', 'cf', '-', '/tmp/f'],
    ['tar', 'cf', '-', '/tmp/f'],
  ],
  [
    ['tar', 'cf', '-', 'f'],
    ['tar', 'cf', '-', 'f'],
  ],
  [
    ['tar', '-xmf', '-', '-C', '/data'],
    ['tar', '-xmf', '-', '-C', '/R/data'],
  ],
])('a command %j becomes %j', (command, mapped) => {
  expect(mapCommand(command, MOUNTS, '/R')).toEqual(mapped)
})
