import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/controlplane/api/json.ts'
import { StatusError } from '../../../src/controlplane/api/status.ts'
import { applyConfiguration, withoutIdleTimes } from '../../../src/controlplane/apply/index.ts'
import { recordedExchange } from '../../support/recorded-apiserver.ts'
import { recordedWrites, typeOf } from './replay.ts'

/** `kubectl scale` wrote through another object, whose managers are put into those of the Deployment by other rules. */
const AFTER_SCALE = ['status patch', 'main resource ignores status']

const writes = recordedWrites()
const applied = writes.filter(({ name }) => /^(cr )?apply /.test(name) || name === 'cr apply')

describe('objects that a kube-apiserver wrote', () => {
  it.each(writes.filter(({ name }) => !AFTER_SCALE.includes(name)))(
    'have the managers that they had there: $name',
    ({ outcome, answer }) => {
      expect(managedFieldsOf(outcome())).toEqual(managedFieldsOf(answer))
    },
  )

  it.each(applied)('are what was applied: $name', ({ outcome, live, answer }) => {
    expect(withDefaults(outcome(), live)).toEqual(bare(answer))
  })

  it.each(applied)('do not change when that is applied again: $name', ({ outcome, type, answer }) => {
    const request = recordedExchange(applied.find((each) => each.answer === answer)?.name ?? '').request
    const manager = new URL(request.path, 'http://apiserver').searchParams.get('fieldManager') ?? ''
    const first = outcome()
    const again = applyConfiguration(type, first, request.body as JsonObject, { manager, now: Date.now() })
    expect(again).toEqual(first)
    expect(withoutIdleTimes(first, again)).toEqual(first)
  })
})

describe('configurations that a kube-apiserver refused', () => {
  const live = recordedExchange('apply creates').response.body as JsonObject

  it.each(['apply conflict', 'apply with managedFields set'])('are refused: %s', (name) => {
    const { request, response } = recordedExchange(name)
    const manager = new URL(request.path, 'http://apiserver').searchParams.get('fieldManager') ?? ''
    const config = request.body as JsonObject
    expect(
      statusOf(() => applyConfiguration(typeOf('v1', 'ConfigMap'), live, config, { manager, now: 0 })),
    ).toEqual(response.body)
  })
})

function statusOf(act: () => unknown): JsonObject {
  try {
    act()
  } catch (error) {
    if (error instanceof StatusError) return error.toStatus()
    throw error
  }
  throw new Error('it was not refused')
}

function managedFieldsOf(object: JsonObject): unknown {
  return (object.metadata as JsonObject).managedFields
}

/** The defaults of the custom resource, and of metadata what the server sets. */
function withDefaults(object: JsonObject, live: JsonObject | undefined): JsonObject {
  const defaults = object.kind === 'Widget' && !live ? { color: 'red', replicas: 1 } : {}
  const { spec } = object
  return bare(spec ? { ...object, spec: { ...(spec as JsonObject), ...defaults } } : object)
}

function bare({ metadata, ...rest }: JsonObject): JsonObject {
  return { ...rest, metadata: { name: (metadata as JsonObject).name } }
}
