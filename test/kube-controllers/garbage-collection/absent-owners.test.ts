import { describe, expect, it } from 'vitest'
import { AbsentOwners } from '../../../src/kube-controllers/garbage-collection/absent-owners.ts'
import { referredIdentity } from '../../../src/kube-controllers/garbage-collection/identity.ts'

const identity = (uid: string) =>
  referredIdentity({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'a', uid }, 'ns')

describe('absent owners', () => {
  it('are known by all that a reference says but the version', () => {
    const absent = new AbsentOwners()
    absent.add(identity('1'))
    expect(absent.has({ group: 'apps', kind: 'Deployment', namespace: 'ns', name: 'a', uid: '1' })).toBe(true)
    for (const change of [{ group: '' }, { kind: 'X' }, { namespace: '' }, { name: 'b' }, { uid: '2' }]) {
      expect(absent.has({ ...identity('1'), ...change })).toBe(false)
    }
  })

  it('are forgotten, those first that were named longest ago', () => {
    const absent = new AbsentOwners()
    for (let index = 0; index < 500; index += 1) absent.add(identity(String(index)))
    absent.add(identity('0'))
    absent.add(identity('new'))
    expect(['0', '1', '2', 'new'].map((uid) => absent.has(identity(uid)))).toEqual([true, false, true, true])
  })
})
