import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import { labelValueProblems, selectableFields, valueAt } from '../../selectors/index.ts'
import { cidrErrors, familyOf, labelKeyErrors, repeatedIndexes } from '../field-checks/index.ts'
import {
  type ResourceList,
  resourceListDefaults,
  resourceQuantityErrors,
  TAINT_EFFECTS,
} from '../pod/index.ts'
import { type KindEntry, type KindTable, strategyOf } from '../strategy/index.ts'

interface Taint extends JsonObject {
  readonly key: string
  readonly value?: string
  readonly effect: string
}

interface Node extends KubeObject {
  readonly spec?: JsonObject & {
    readonly podCIDR?: string
    readonly podCIDRs?: readonly string[]
    readonly providerID?: string
    readonly taints?: readonly Taint[]
    readonly externalID?: string
  }
  readonly status?: JsonObject & {
    readonly capacity?: ResourceList
    readonly allocatable?: ResourceList
    readonly addresses?: readonly (JsonObject & { readonly type: string; readonly address: string })[]
  }
}

/** Of `v1`. A node may say of its status when it registers itself. */
export function nodeKind(table: KindTable): KindEntry {
  const node = strategyOf({
    withDefaults: (object) => nodeDefaults(object as Node),
    prepareForUpdate: (object, old) => ({ ...object, status: old.status }),
    validate: (object) => nodeErrors(object as Node),
    validateUpdate: (object, old) => nodeUpdateErrors(object as Node, old as Node),
  })
  const status = strategyOf({
    ...node,
    prepareForUpdate: (object, old) => ({ ...object, spec: old.spec }),
  })
  return table.clusterScoped('nodes', 'Node', node, {
    subresources: { status },
    selectableFields: selectableFields(['metadata.name', 'spec.unschedulable'], {
      'spec.unschedulable': valueAt('spec.unschedulable', 'false'),
    }),
  })
}

function nodeDefaults(node: Node): Node {
  const { spec, status } = node
  const { capacity, allocatable } = status ?? {}
  return {
    ...node,
    ...(spec ? { spec: { ...spec, ...podCidrs(spec) } } : {}),
    ...(status
      ? {
          status: {
            ...status,
            ...(capacity ? { capacity: resourceListDefaults(capacity) } : {}),
            ...((allocatable ?? capacity)
              ? { allocatable: resourceListDefaults(allocatable ?? capacity ?? {}) }
              : {}),
          },
        }
      : {}),
  }
}

/** The one range is the first of all. */
function podCidrs({ podCIDR = '', podCIDRs = [] }: NonNullable<Node['spec']>) {
  const all = podCIDR !== '' && podCIDRs[0] !== podCIDR ? [podCIDR] : podCIDRs
  const [first] = all
  return first === undefined ? {} : { podCIDR: first, podCIDRs: all }
}

function nodeErrors(node: Node): FieldError[] {
  return [
    ...taintErrors(node.spec?.taints ?? []),
    ...resourceErrors(node),
    ...podCidrErrors(node.spec?.podCIDRs ?? []),
  ]
}

function nodeUpdateErrors(node: Node, old: Node): FieldError[] {
  const { spec = {} } = node
  const before = old.spec ?? {}
  return [
    ...resourceErrors(node),
    ...sameAddressErrors(node),
    ...fixedCidrErrors(spec.podCIDRs ?? [], before.podCIDRs ?? []),
    ...(before.providerID && before.providerID !== spec.providerID
      ? [forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid')]
      : []),
    ...taintErrors(spec.taints ?? []),
    ...((spec.externalID ?? '') === (before.externalID ?? '')
      ? []
      : [forbidden('spec.externalID', 'may not be updated')]),
  ]
}

/** The original has them in the metadata. */
function taintErrors(taints: readonly Taint[]): FieldError[] {
  const seen = new Set<string>()
  return taints.flatMap((taint, index) => {
    const { key, value = '', effect } = taint
    const path = `metadata.taints[${index}]`
    const problems = labelValueProblems(value)
    const pair = `${effect}/${key}`
    const isKnown = seen.has(pair)
    seen.add(pair)
    const repeated = duplicate(path, {
      Key: key,
      Value: value,
      Effect: effect,
      TimeAdded: taint.timeAdded ?? null,
    })
    return [
      ...labelKeyErrors(key, `${path}.key`),
      ...(problems.length > 0 ? [invalid(`${path}.value`, value, problems.join(';'))] : []),
      ...(effect === '' ? [required(`${path}.effect`)] : []),
      ...(effect === '' || TAINT_EFFECTS.includes(effect)
        ? []
        : [notSupported(`${path}.effect`, effect, TAINT_EFFECTS)]),
      ...(isKnown
        ? [{ ...repeated, message: `${repeated.message}: taints must be unique by key and effect pair` }]
        : []),
    ]
  })
}

function resourceErrors({ status = {} }: Node): FieldError[] {
  const errorsOf = (list: 'capacity' | 'allocatable') =>
    Object.entries(status[list] ?? {}).flatMap(([name, quantity]) =>
      resourceQuantityErrors(name, quantity, `status.${list}.${name}`),
    )
  return [...errorsOf('capacity'), ...errorsOf('allocatable')]
}

function podCidrErrors(cidrs: readonly string[]): FieldError[] {
  const path = 'spec.podCIDRs'
  const families = new Set(cidrs.map((cidr) => familyOf(cidr.replace(/\/.*$/, ''))))
  return [
    ...cidrs.flatMap((cidr, index) => cidrErrors(cidr, `${path}[${index}]`)),
    ...(cidrs.length > 1 && (cidrs.length > 2 || families.size < 2)
      ? [invalid(path, cidrs, 'may specify no more than one CIDR for each IP family')]
      : []),
    ...repeatedIndexes(cidrs).map((index) => duplicate(`${path}[${index}]`, cidrs[index] ?? '')),
  ]
}

function sameAddressErrors({ status = {} }: Node): FieldError[] {
  const seen = new Set<string>()
  return (status.addresses ?? []).flatMap(({ type, address }, index) => {
    const key = `${type} ${address}`
    if (seen.has(key)) return [duplicate(`status.addresses[${index}]`, { Type: type, Address: address })]
    seen.add(key)
    return []
  })
}

function fixedCidrErrors(cidrs: readonly string[], before: readonly string[]): FieldError[] {
  if (before.length === 0) return []
  const error = forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid')
  if (cidrs.length !== before.length) return [error]
  return before.flatMap((cidr, index) => (cidr === cidrs[index] ? [] : [error]))
}
