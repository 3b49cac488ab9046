import { describe, expect, it } from 'vitest'
import {
  coreEventToEventsV1,
  eventsV1ToCoreEvent,
  type Service,
  ServiceAddresses,
} from '../../../../src/controlplane/kinds/core/index.ts'
import type { Pod } from '../../../../src/controlplane/kinds/pod/index.ts'
import { withMeta } from '../../../../src/controlplane/registry/index.ts'
import { recordedExchange } from '../../../support/recorded-apiserver.ts'
import {
  coreKind,
  decoded,
  essence,
  received,
  recordedBody,
  recordedCauses,
  strategyFor,
} from './recorded-write.ts'

describe('writes that a real kube-apiserver has answered', () => {
  it.each([
    ['create namespace', 'namespaces'],
    ['create configmap', 'configmaps'],
    ['create dry run', 'configmaps'],
    ['create with finalizer', 'configmaps'],
    ['w create', 'configmaps'],
    ['secret stringData', 'secrets'],
    ['service account', 'serviceaccounts'],
    ['default service account', 'serviceaccounts'],
    ['event create', 'events'],
  ])('%s', (name, resource) => {
    const strategy = strategyFor(resource)
    const prepared = strategy.prepareForCreate(received(name, strategy))
    expect(essence(prepared)).toEqual(essence(recordedBody(name)))
    expect(strategy.validate(prepared)).toEqual([])
  })

  it.each([['update'], ['update without resourceVersion']])('%s', (name) => {
    const strategy = strategyFor('configmaps')
    const prepared = strategy.prepareForUpdate(received(name, strategy), recordedBody('create configmap'))
    expect(essence(prepared)).toEqual(essence(recordedBody(name)))
    expect(strategy.validateUpdate(prepared, recordedBody('create configmap'))).toEqual([])
  })

  it('create invalid name', () => {
    const [cause] = recordedCauses('create invalid name')
    const problems = strategyFor('configmaps').validateName('Not_Valid!')
    expect(problems.map((problem) => `Invalid value: "Not_Valid!": ${problem}`)).toEqual([cause?.message])
  })

  it('secret type immutable', () => {
    const strategy = strategyFor('secrets')
    const old = recordedBody('secret stringData')
    const patched = strategy.withDefaults({ ...old, type: 'x' })
    expect(strategy.validateUpdate(patched, old)).toEqual(recordedCauses('secret type immutable'))
  })

  it.each([['service defaulting and cluster ip'], ['service ExternalName'], ['service headless']])(
    '%s',
    (name) => {
      const strategy = strategyFor('services')
      // The 191st is the address that was given out when this was recorded.
      const addresses = new ServiceAddresses({ cidrs: ['10.0.0.0/24'], random: () => 191 - 16 })
      const { service } = addresses.assign(received(name, strategy) as Service)
      const prepared = strategy.prepareForCreate(service)
      expect(essence(prepared)).toEqual(essence(recordedBody(name)))
      expect(strategy.validate(prepared)).toEqual([])
    },
  )

  it('pod create (defaulting)', () => {
    const strategy = strategyFor('pods')
    const pod = received('pod create (defaulting)', strategy) as Pod
    const recorded = recordedBody('pod create (defaulting)') as Pod
    // The rest is what admission has added.
    const { dnsPolicy, enableServiceLinks, restartPolicy, schedulerName } = recorded.spec
    const prepared = strategy.prepareForCreate(pod)
    expect(prepared).toMatchObject({
      spec: { dnsPolicy, enableServiceLinks, restartPolicy, schedulerName },
      status: recorded.status as object,
    })
    expect(strategy.validate(prepared)).toEqual([])
  })

  it('pod immutable field', () => {
    const strategy = strategyFor('pods')
    const old = recordedBody('pod create (defaulting)') as Pod
    const patched = strategy.prepareForUpdate(
      strategy.withDefaults({ ...old, spec: { ...old.spec, nodeName: 'n' } }),
      old,
    )
    const [error, ...others] = strategy.validateUpdate(patched, old)
    const [cause] = recordedCauses('pod immutable field')
    expect(others).toEqual([])
    expect({ ...error, message: error?.message.split('\n')[0] }).toEqual({
      ...cause,
      message: cause?.message.split('\n')[0],
    })
    // The original's diff is of an internal type; both say which line has been added or changed.
    expect(error?.message).toMatch(/\n\+ "nodeName": "n",?\n/)
  })

  it('same event in events.k8s.io', () => {
    const [core, newer] = ['event create', 'same event in events.k8s.io'].map(recordedBody)
    if (!core || !newer) throw new Error('not recorded')
    expect(coreEventToEventsV1(core)).toEqual(newer)
    expect(eventsV1ToCoreEvent(newer)).toEqual(core)
  })

  it('delete namespace, namespace finalize', () => {
    const { strategy } = coreKind('namespaces').type
    const old = recordedBody('create namespace')
    const deleted = (at: string) => withMeta(old, { deletionTimestamp: at, deletionGracePeriodSeconds: 0 })
    const marked = strategy.deletion?.begin?.(deleted('2026-01-01T00:00:00Z'), old) ?? old
    const again = strategy.deletion?.begin?.(deleted('2026-01-02T00:00:00Z'), marked)
    expect(again).toEqual(marked)
    expect(essence(marked)).toEqual(essence(recordedBody('delete namespace')))
    expect(marked.metadata.deletionGracePeriodSeconds).toBeUndefined()
    expect(strategy.deletion?.isHeld?.(marked)).toBe(true)

    const { finalize } = coreKind('namespaces').subresources ?? {}
    if (!finalize) throw new Error('namespaces have no /finalize')
    const sent = finalize.withDefaults(decoded(recordedExchange('namespace finalize').request.body))
    const finalized = finalize.prepareForUpdate(sent, marked)
    expect(essence(finalized)).toEqual(essence(recordedBody('namespace finalize')))
    expect(finalize.validateUpdate(finalized, marked)).toEqual([])
    expect(strategy.deletion?.isHeld?.(finalized)).toBe(false)
  })
})
