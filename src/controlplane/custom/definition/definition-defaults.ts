import type { JsonObject, JsonValue } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import { type DefinitionNames, type DefinitionSpec, definitionOf } from './definition.ts'

/** What a client may leave out of a definition (apis/apiextensions/v1/defaults.go). */
export function withDefinitionDefaults(object: KubeObject): KubeObject {
  const { spec, status } = definitionOf(object)
  const storedVersions = status.storedVersions ?? []
  return {
    ...object,
    spec: {
      ...(spec as JsonObject),
      names: namesWithDefaults(spec.names ?? {}),
      conversion: conversionWithDefaults(spec),
    },
    ...(storedVersions.length === 0
      ? { status: { ...(status as JsonObject), storedVersions: storageVersions(spec) } }
      : {}),
  }
}

/** The one version in which objects are stored, if there is such; in a list. */
export function storageVersions({ versions }: DefinitionSpec): string[] {
  return (versions ?? [])
    .filter(({ storage }) => storage)
    .slice(0, 1)
    .map(({ name = '' }) => name)
}

function namesWithDefaults(names: DefinitionNames): DefinitionNames {
  const { plural, singular, shortNames, kind = '', listKind, categories } = names
  return {
    plural: plural ?? '',
    singular: singular || kind.toLowerCase(),
    ...(shortNames ? { shortNames } : {}),
    kind,
    ...(listKind || kind ? { listKind: listKind || `${kind}List` } : {}),
    ...(categories ? { categories } : {}),
  }
}

function conversionWithDefaults({ conversion }: DefinitionSpec): JsonObject {
  if (!conversion) return { strategy: 'None' }
  const { webhook } = conversion
  const service = webhook?.clientConfig?.service
  if (!service || typeof service.port === 'number') return conversion as JsonObject
  const clientConfig = { ...webhook.clientConfig, service: { ...service, port: 443 } }
  return { ...(conversion as JsonObject), webhook: { ...webhook, clientConfig } as JsonValue }
}
