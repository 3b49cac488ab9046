import type { JsonObject } from '../api/json.ts'

/** Type id → the field that says which, and the JSON names of those that it says it of. */
const UNIONS: ReadonlyMap<string, readonly [discriminator: string, members: readonly string[]]> = new Map([
  ['core/v1.AppArmorProfile', ['type', ['localhostProfile']]],
  ['core/v1.SeccompProfile', ['type', ['localhostProfile']]],
  ['flowcontrol/v1.LimitResponse', ['type', ['queuing']]],
  ['flowcontrol/v1.PriorityLevelConfigurationSpec', ['type', ['exempt', 'limited']]],
  ['flowcontrol/v1.Subject', ['kind', ['group', 'serviceAccount', 'user']]],
])

/** `x-kubernetes-unions` of a built-in type, where it is one. */
export function unionFacts(typeId: string): JsonObject {
  const union = UNIONS.get(typeId)
  if (!union) return {}
  const [discriminator, members] = union
  const byName = Object.fromEntries(members.map((name) => [name, goName(name)]))
  return { 'x-kubernetes-unions': [{ discriminator, 'fields-to-discriminateBy': byName }] }
}

function goName(jsonName: string): string {
  return jsonName.slice(0, 1).toUpperCase() + jsonName.slice(1)
}
