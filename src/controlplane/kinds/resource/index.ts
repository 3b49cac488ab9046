import type { FieldError } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import { selectableFields } from '../../selectors/index.ts'
import {
  immutableErrors,
  type KindEntry,
  KindTable,
  statusStrategy,
  strategyOf,
  strategyWithStatus,
} from '../strategy/index.ts'

/**
 * Devices and claims of them (kubernetes, registry/resource). There are no devices here, so that of what the original looks into,
 * only what must not change is looked at.
 */

type Spec = JsonObject & { readonly devices?: JsonObject & { readonly requests?: readonly Request[] } }

type Request = JsonObject & {
  readonly exactly?: JsonObject
  readonly firstAvailable?: readonly JsonObject[]
}

function withClaimDefaults(spec: Spec): Spec {
  const { devices } = spec
  if (!devices?.requests) return spec
  return { ...spec, devices: { ...devices, requests: devices.requests.map(withRequestDefaults) } }
}

function withRequestDefaults(request: Request): Request {
  const { exactly, firstAvailable } = request
  return {
    ...request,
    ...(exactly ? { exactly: withCount(exactly) } : {}),
    ...(firstAvailable ? { firstAvailable: firstAvailable.map(withCount) } : {}),
  }
}

function withCount(request: JsonObject): JsonObject {
  const allocationMode = request.allocationMode || 'ExactCount'
  const count = request.count ?? 1
  return { ...request, allocationMode, ...(allocationMode === 'ExactCount' ? { count } : {}) }
}

const fixedSpec = (object: KubeObject, old: KubeObject): FieldError[] =>
  immutableErrors(object.spec, old.spec, 'spec')

const CLAIM_STRATEGY = strategyWithStatus({
  withDefaults: (claim) => ({ ...claim, spec: withClaimDefaults(claim.spec as Spec) }),
  validateUpdate: fixedSpec,
})

const TEMPLATE_STRATEGY = strategyOf({
  withDefaults: (template) => {
    const spec = template.spec as JsonObject & { readonly spec: Spec }
    return { ...template, spec: { ...spec, spec: withClaimDefaults(spec.spec) } }
  },
  validateUpdate: fixedSpec,
})

const SLICE_STRATEGY = strategyOf({
  countsGenerations: true,
  validateUpdate: (slice, old) => {
    const fixed = (name: string) =>
      immutableErrors((slice.spec as JsonObject)[name], (old.spec as JsonObject)[name], `spec.${name}`)
    return [...fixed('driver'), ...fixed('nodeName')]
  },
})

const resource = new KindTable('resource.k8s.io')

export const RESOURCE_KINDS: readonly KindEntry[] = [
  resource.clusterScoped('deviceclasses', 'DeviceClass', strategyOf({ countsGenerations: true })),
  resource.namespaced('resourceclaims', 'ResourceClaim', CLAIM_STRATEGY, {
    subresources: { status: statusStrategy(CLAIM_STRATEGY) },
  }),
  resource.namespaced('resourceclaimtemplates', 'ResourceClaimTemplate', TEMPLATE_STRATEGY),
  resource.clusterScoped('resourceslices', 'ResourceSlice', SLICE_STRATEGY, {
    selectableFields: selectableFields(['metadata.name', 'spec.nodeName', 'spec.driver']),
  }),
]
