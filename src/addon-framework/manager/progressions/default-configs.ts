import { NO_DEFAULT_CONFIG_NAME } from '../../../apis/addon/constants.ts'
import type { DefaultConfigReference, SupportedConfig } from '../../../apis/addon/v1alpha1.ts'
import { isSameObject, resourceKey } from '../../configs/config-reference.ts'
import { type DesiredReference, desiredReference } from '../../configs/desired-configs.ts'

/** Configurations that an add-on has where nobody names others, with the hashes that are known already. */
export function defaultConfigs(
  supported: readonly SupportedConfig[] = [],
  known: readonly DefaultConfigReference[] = [],
): readonly DesiredReference[] {
  return supported.flatMap((config) => {
    const { defaultConfig: wanted } = config
    if (!wanted?.name || wanted.name === NO_DEFAULT_CONFIG_NAME) return []
    const existing = known.find(
      (each) =>
        resourceKey(each) === resourceKey(config) &&
        each.desiredConfig &&
        isSameObject(each.desiredConfig, wanted),
    )
    return [desiredReference(config, wanted, existing?.desiredConfig?.specHash)]
  })
}
