import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../src/controlplane/api/json.ts'
import {
  applyConfiguration,
  emptyObject,
  excluding,
  fieldPath,
  scaleManagers,
  trackUpdate,
  withScaleManagers,
} from '../../../src/controlplane/apply/index.ts'
import { recordedExchange } from '../../support/recorded-apiserver.ts'
import { typeOf } from './replay.ts'

const paths = new Map([['apps/v1', fieldPath('spec', 'replicas')]])
const scale = {
  ...typeOf('autoscaling/v1', 'Scale', 'scale'),
  resetFields: () => excluding(fieldPath('status')),
}

describe('the managers of an object that is scaled', () => {
  it('are those that a kube-apiserver kept', () => {
    const before = managedFieldsOf(
      recordedExchange('strategic merge $setElementOrder').response.body as JsonObject,
    )
    const after = managedFieldsOf(recordedExchange('status patch').response.body as JsonObject)
    const live = scaleOf(2, scaleManagers(before, paths))
    const written = trackUpdate(scale, live, scaleOf(5, managedFieldsOf(live)), {
      manager: 'unknown',
      now: 0,
    })
    expect(withScaleManagers(before, managedFieldsOf(written), paths, 'apps/v1')).toEqual(
      (after as JsonObject[]).filter(({ subresource }) => subresource !== 'status'),
    )
  })

  it('stay the same when nothing changes', () => {
    const deployment = typeOf('apps/v1', 'Deployment')
    const config = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: { replicas: 1, paused: true },
    }
    const live = applyConfiguration(deployment, undefined, config, { manager: 'one', now: 0 })
    const managers = managedFieldsOf(live)
    const written = trackUpdate(scale, scaleOf(1, scaleManagers(managers, paths)), scaleOf(1), {
      manager: 'two',
      now: 0,
    })
    expect(withScaleManagers(managers, managedFieldsOf(written), paths, 'apps/v1')).toEqual(managers)
  })
})

function scaleOf(replicas: number, managedFields?: JsonValue): JsonObject {
  const empty = emptyObject('autoscaling/v1.Scale', 'autoscaling/v1', 'Scale')
  return {
    ...empty,
    metadata: { name: 'd', ...(managedFields ? { managedFields } : {}) },
    spec: { replicas },
  }
}

function managedFieldsOf(object: JsonObject): JsonValue | undefined {
  return (object.metadata as JsonObject).managedFields
}
