import { expect, it } from 'vitest'
import { selectionOf } from '../../../src/controlplane/collection/index.ts'
import { builtinKinds, versionConversion } from '../../../src/controlplane/kinds/index.ts'

const kinds = builtinKinds()

it.each([
  ['pods', { spec: {} }, 'spec.hostNetwork=false', true],
  ['pods', { spec: { hostNetwork: true } }, 'spec.hostNetwork=true', true],
  [
    'pods',
    { spec: { nodeName: 'n1' }, status: { phase: 'Pending' } },
    'spec.nodeName=n1,status.phase=Pending',
    true,
  ],
  ['nodes', {}, 'spec.unschedulable=false', true],
  ['nodes', { spec: { unschedulable: true } }, 'spec.unschedulable=false', false],
  ['replicationcontrollers', {}, 'status.replicas=0', true],
  ['jobs.batch', { status: { succeeded: 3 } }, 'status.successful=3', true],
  ['jobs.batch', {}, 'status.successful=0', true],
  ['events', { source: { component: 'kubelet' } }, 'source=kubelet', true],
  ['events', { source: {}, reportingComponent: 'mine' }, 'source=mine', true],
  ['events', { involvedObject: { uid: 'u' } }, 'involvedObject.uid=u', true],
  ['secrets', { type: 'Opaque' }, 'type=Opaque', true],
])('%s that are %j are selected by %s: %s', (resource, rest, fieldSelector, expected) => {
  const object = { kind: 'X', apiVersion: 'v1', metadata: { name: 'x' }, ...rest }
  const fields = kinds.get(resource)?.selectableFields
  expect(selectionOf({ labelSelector: '', fieldSelector }, fields)?.(object)).toBe(expected)
})

it('selects events of the newer API by its names', () => {
  const fields = versionConversion('events.k8s.io', 'v1', 'events')?.selectableFields
  const event = { kind: 'Event', apiVersion: 'events.k8s.io/v1', metadata: {}, regarding: { name: 'p' } }
  const select = (fieldSelector: string) => selectionOf({ labelSelector: '', fieldSelector }, fields)
  expect(select('regarding.name=p')?.(event)).toBe(true)
  expect(() => select('involvedObject.name=p')).toThrow('field label not supported')
})
