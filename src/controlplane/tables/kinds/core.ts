import type { JsonObject } from '../../api/json.ts'
import { column, type TableColumns, tableOf } from '../column.ts'
import { AGE, NAME } from '../common-columns.ts'
import { objectAt, objectsAt, sizeAt, textAt } from '../members.ts'

export const CONFIG_MAPS: TableColumns = tableOf(
  NAME,
  column(
    'Data',
    'string',
    "Data contains the configuration data. Each key must consist of alphanumeric characters, '-', '_' or '.'. Values with non-UTF-8 byte sequences must use the BinaryData field. The keys stored in Data must not overlap with the keys in the BinaryData field, this is enforced during validation process.",
    (map) => sizeAt(map, 'data') + sizeAt(map, 'binaryData'),
  ),
  AGE,
)

export const SECRETS: TableColumns = tableOf(
  NAME,
  column(
    'Type',
    'string',
    'Used to facilitate programmatic handling of secret data. More info: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types',
    (secret) => textAt(secret, 'type'),
  ),
  column(
    'Data',
    'string',
    "Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'. The serialized form of the secret data is a base64 encoded string, representing the arbitrary (possibly non-string) data value here. Described in https://tools.ietf.org/html/rfc4648#section-4",
    (secret) => sizeAt(secret, 'data'),
  ),
  AGE,
)

export const SERVICE_ACCOUNTS: TableColumns = tableOf(
  NAME,
  column('Secrets', 'string', 'How many secrets its pods may use', (account) => sizeAt(account, 'secrets')),
  AGE,
)

export const NAMESPACES: TableColumns = tableOf(
  NAME,
  column('Status', 'string', 'Whether it is in use or going away', (namespace) =>
    textAt(namespace, 'status', 'phase'),
  ),
  AGE,
)

export const RESOURCE_QUOTAS: TableColumns = tableOf(
  NAME,
  column('Request', 'string', 'What is requested, of what may be requested', (quota) =>
    quotaText(quota, (resource) => !isLimit(resource)),
  ),
  column('Limit', 'string', 'The limits that were set, of those that may be', (quota) =>
    quotaText(quota, isLimit),
  ),
  AGE,
)

export const COMPONENT_STATUSES: TableColumns = tableOf(
  NAME,
  column('Status', 'string', 'Whether the component is healthy', (component) => {
    const health = healthOf(component)
    if (!health) return 'Unknown'
    return textAt(health, 'status') === 'True' ? 'Healthy' : 'Unhealthy'
  }),
  column('Message', 'string', 'What it says of its health', (component) =>
    textAt(healthOf(component), 'message'),
  ),
  column('Error', 'string', 'What is wrong with it', (component) => textAt(healthOf(component), 'error')),
)

function quotaText(quota: JsonObject, isShown: (resource: string) => boolean): string {
  const used = objectAt(quota, 'status', 'used')
  const hard = objectAt(quota, 'status', 'hard') ?? {}
  return Object.keys(hard)
    .filter(isShown)
    .toSorted()
    .map((resource) => `${resource}: ${textAt(used, resource) || '0'}/${textAt(hard, resource)}`)
    .join(', ')
}

function isLimit(resource: string): boolean {
  return resource.startsWith('limits.')
}

function healthOf(component: JsonObject): JsonObject | undefined {
  return objectsAt(component, 'conditions').find((condition) => textAt(condition, 'type') === 'Healthy')
}
