import type { AddOnConfig, ConfigSpecHash } from '../../apis/addon/v1alpha1.ts'
import {
  type ConfigObject,
  type ConfigResource,
  compareResources,
  desiredConfig,
  isSameObject,
  resourceKey,
} from './config-reference.ts'

/** A configuration that is wanted. */
export interface DesiredReference {
  readonly group: string
  readonly resource: string
  readonly desiredConfig: ConfigSpecHash
}

/** Configurations that are wanted, by their resource (as of `resourceKey`), each once. */
export type DesiredConfigs = ReadonlyMap<string, readonly DesiredReference[]>

export function desiredReference(
  { group = '', resource }: ConfigResource,
  config: ConfigObject,
  specHash = '',
): DesiredReference {
  return { group, resource, desiredConfig: desiredConfig(config, specHash) }
}

export function desiredConfigs(references: readonly DesiredReference[]): DesiredConfigs {
  const byResource = new Map<string, DesiredReference[]>()
  for (const reference of references) {
    const key = resourceKey(reference)
    const list = byResource.get(key) ?? []
    byResource.set(key, list)
    if (!list.some((each) => isSameObject(each.desiredConfig, reference.desiredConfig))) list.push(reference)
  }
  return byResource
}

/** All configurations of a resource give way to those that somebody closer to the cluster names of it, if any. */
export function overriddenBy(
  configs: DesiredConfigs,
  references: readonly DesiredReference[],
): DesiredConfigs {
  return references.length > 0 ? new Map([...configs, ...desiredConfigs(references)]) : configs
}

export function findDesired(
  configs: DesiredConfigs,
  resource: ConfigResource,
  object: ConfigObject,
): DesiredReference | undefined {
  return configs
    .get(resourceKey(resource))
    ?.find((reference) => isSameObject(reference.desiredConfig, object))
}

/** All of them, in the order of statuses. */
export function listDesired(configs: DesiredConfigs): readonly DesiredReference[] {
  return [...configs.values()].flat().sort(compareResources)
}

/** As specs name them. */
export function namedConfigs(configs: readonly AddOnConfig[] = []): readonly DesiredReference[] {
  return configs.map((config) => desiredReference(config, config))
}
