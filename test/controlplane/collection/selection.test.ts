import { describe, expect, it } from 'vitest'
import { selectionOf } from '../../../src/controlplane/collection/index.ts'
import type { KubeObject } from '../../../src/controlplane/registry/index.ts'
import { selectableFields } from '../../../src/controlplane/selectors/index.ts'

const pod: KubeObject = {
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { name: 'p', namespace: 'ns', labels: { app: 'x' } },
  spec: { nodeName: 'n1', hostNetwork: false },
}
const fields = selectableFields(['metadata.name', 'spec.nodeName', 'spec.hostNetwork', 'status.phase'])

describe('a selection', () => {
  it.each([
    ['app=x', '', true],
    ['app!=x', '', false],
    ['', 'metadata.name=p', true],
    ['', 'metadata.name!=p', false],
    ['app=x', 'spec.nodeName=n1,metadata.name=p', true],
    ['app=y', 'spec.nodeName=n1', false],
    ['', 'spec.nodeName=n2', false],
    ['', 'spec.hostNetwork=false', true],
    ['', 'status.phase=', true],
    ['', 'status.phase=Running', false],
  ])('by labels %j and fields %j', (labelSelector, fieldSelector, expected) => {
    expect(selectionOf({ labelSelector, fieldSelector }, fields)?.(pod)).toBe(expected)
  })

  it('of everything is none', () => {
    expect(selectionOf({ labelSelector: '', fieldSelector: '' })).toBeUndefined()
  })

  it('is refused by fields that are not known, and what cannot be read', () => {
    expect(() => selectionOf({ labelSelector: '', fieldSelector: 'data.a=1' })).toThrow(
      '"data.a" is not a known field selector: only "metadata.name", "metadata.namespace"',
    )
    expect(() => selectionOf({ labelSelector: '', fieldSelector: 'spec.x=1' }, fields)).toThrow(
      'field label not supported: spec.x',
    )
    expect(() => selectionOf({ labelSelector: 'a b c', fieldSelector: '' })).toThrow(
      "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
    )
  })
})
