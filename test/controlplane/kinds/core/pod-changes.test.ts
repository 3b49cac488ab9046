import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../../src/controlplane/api/json.ts'
import { lineDiff } from '../../../../src/controlplane/kinds/core/line-diff.ts'
import type { Pod, PodSpec } from '../../../../src/controlplane/kinds/pod/index.ts'
import type { Strategy } from '../../../../src/controlplane/registry/index.ts'
import { coreKind, decoded, recordedBody, strategyFor } from './recorded-write.ts'

const STRATEGY = strategyFor('pods')
const OLD = recordedBody('pod create (defaulting)') as Pod

function pod(spec: JsonObject): Pod {
  const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec }
  return STRATEGY.prepareForCreate(STRATEGY.withDefaults(decoded(body))) as Pod
}

function errorsOfChange(spec: Partial<PodSpec>, old: Pod = OLD): string[] {
  const changed = STRATEGY.prepareForUpdate({ ...old, spec: { ...old.spec, ...spec } } as Pod, old)
  return STRATEGY.validateUpdate(changed, old).map(({ field, message }) => `${field}: ${message}`)
}

function subresource(name: string): Strategy {
  const strategy = coreKind('pods').subresources?.[name]
  if (!strategy) throw new Error(`pods have no /${name}`)
  return strategy
}

const [CONTAINER] = OLD.spec.containers ?? []

describe('a change of a pod', () => {
  it.each<[string, Partial<PodSpec>]>([
    ['nothing', {}],
    ['an image', { containers: [{ ...CONTAINER, name: 'c', image: 'other' }] }],
    ['a deadline', { activeDeadlineSeconds: 5 }],
    [
      'one more toleration',
      { tolerations: [...(OLD.spec.tolerations ?? []), { key: 'a', operator: 'Exists' }] },
    ],
  ])('may change %s', (_, spec) => {
    expect(errorsOfChange(spec)).toEqual([])
  })

  it('may neither add containers nor take tolerations away', () => {
    const containers = [...(OLD.spec.containers ?? []), { ...CONTAINER, name: 'd' }]
    expect(errorsOfChange({ containers })).toEqual([
      'spec.containers: Forbidden: pod updates may not add or remove containers',
    ])
    expect(errorsOfChange({ tolerations: [] })).toEqual([
      'spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds',
    ])
  })

  it('may shorten a deadline, but not take it back', () => {
    const old = { ...OLD, spec: { ...OLD.spec, activeDeadlineSeconds: 5 } }
    const { activeDeadlineSeconds: _, ...spec } = old.spec
    expect(errorsOfChange({ activeDeadlineSeconds: 4 }, old)).toEqual([])
    expect(errorsOfChange({ activeDeadlineSeconds: 6 }, old)).toEqual([
      'spec.activeDeadlineSeconds: Invalid value: 6: must be less than or equal to previous value',
    ])
    expect(STRATEGY.validateUpdate({ ...old, spec } as Pod, old)).toMatchObject([
      { message: 'Invalid value: null: must not update from a positive integer to nil value' },
    ])
  })

  it('leaves the status alone, and a change of the status everything else', () => {
    const changed = { ...OLD, spec: { ...OLD.spec, nodeName: 'n' }, status: { phase: 'Running' } }
    expect(STRATEGY.prepareForUpdate(changed, OLD).status).toEqual(OLD.status)
    const written = subresource('status').prepareForUpdate(changed, OLD) as Pod
    expect(written.spec).not.toHaveProperty('nodeName')
    expect(written.status).toEqual({ phase: 'Running', qosClass: 'BestEffort' })
  })

  it('does not let a container run again that has ended for good', () => {
    const never = { ...OLD, spec: { ...OLD.spec, restartPolicy: 'Never' } }
    const withState = (state: JsonObject) => ({
      ...never,
      status: { ...OLD.status, containerStatuses: [{ name: 'c', state }] },
    })
    const [ended, running] = [withState({ terminated: { exitCode: 0 } }), withState({ running: {} })]
    expect(subresource('status').validateUpdate(running, ended)).toMatchObject([
      { field: 'status.containerStatuses[0].state', reason: 'FieldValueForbidden' },
    ])
    expect(subresource('status').validateUpdate(ended, running)).toEqual([])
  })

  it('puts containers into a running pod, which stay', () => {
    const strategy = subresource('ephemeralcontainers')
    const debug = { name: 'debug', image: 'i', targetContainerName: 'c' }
    const sent = strategy.withDefaults({ ...OLD, spec: { ...OLD.spec, ephemeralContainers: [debug] } })
    const added = strategy.prepareForUpdate(sent, OLD)
    expect(strategy.validateUpdate(added, OLD)).toEqual([])
    expect(strategy.validateUpdate(OLD, added)).toMatchObject([
      { message: 'Forbidden: existing ephemeral containers "debug" may not be removed\n' },
    ])
  })
})

describe('a new pod', () => {
  it.each<[string, JsonObject, string]>([
    ['nothing', {}, 'BestEffort'],
    ['a request', { requests: { cpu: '1' } }, 'Burstable'],
    ['limits', { limits: { cpu: '1', memory: '1Gi' } }, 'Guaranteed'],
    ['less than its limits', { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } }, 'Burstable'],
    ['a device', { limits: { 'a.com/gpu': '1' } }, 'BestEffort'],
  ])('with %s has the quality that it asks for', (_, resources, quality) => {
    expect(pod({ containers: [{ name: 'c', image: 'i', resources }] }).status?.qosClass).toBe(quality)
  })

  it('needs as much as it may have at most, and nothing less than a thousandth', () => {
    const { spec } = pod({ containers: [{ name: 'c', image: 'i', resources: { limits: { cpu: '100u' } } }] })
    expect(spec.containers?.[0]?.resources).toEqual({ limits: { cpu: '1m' }, requests: { cpu: '1m' } })
  })

  it('has its ports on the host, when it is in the network of the host', () => {
    const { spec } = pod({
      hostNetwork: true,
      containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 1 }] }],
    })
    expect(spec.containers?.[0]?.ports).toEqual([{ containerPort: 1, hostPort: 1, protocol: 'TCP' }])
  })

  it.each([
    ['before it has a node', {}, undefined, 0],
    ['on its node', { nodeName: 'n' }, undefined, 30],
    ['when a client is in a hurry', { nodeName: 'n' }, 1, 1],
    ['when a client has odd wishes', { nodeName: 'n' }, -1, 1],
  ])('is given time to end %s', (_, spec, requested, seconds) => {
    const running = { ...OLD, spec: { ...OLD.spec, ...spec } }
    expect(STRATEGY.deletion?.graceSeconds?.(running, requested)).toBe(seconds)
  })
})

describe('lineDiff', () => {
  it.each([
    ['a\nb\nc', 'a\nx\nc', '@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n'],
    ['1\n2\n3\n4\n5', '1\n2\n3\n4\n5\n6', '@@ -3,3 +3,4 @@\n 3\n 4\n 5\n+6\n'],
    ['a', 'b', '@@ -1 +1 @@\n-a\n+b\n'],
    ['a', 'a', ''],
  ])('of %j and %j', (before, after, diff) => {
    expect(lineDiff(before, after)).toBe(diff)
  })
})
