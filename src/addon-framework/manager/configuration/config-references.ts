import type { ConfigReference } from '../../../apis/addon/v1alpha1.ts'
import { compareResources } from '../../configs/config-reference.ts'
import {
  type DesiredConfigs,
  type DesiredReference,
  desiredConfigs,
  findDesired,
  listDesired,
} from '../../configs/desired-configs.ts'

/** The configurations in an add-on's status as they are to be: those that stay are where they were, with all that is known of them. */
export function mergedReferences(
  existing: readonly ConfigReference[] = [],
  desired: DesiredConfigs,
): readonly ConfigReference[] {
  const kept = existing.flatMap((reference) => {
    const { desiredConfig } = reference
    const wanted = desiredConfig && findDesired(desired, reference, desiredConfig)
    return wanted ? [{ ...reference, desiredConfig: wanted.desiredConfig }] : []
  })
  const known = desiredConfigs(kept.map(({ group = '', ...each }) => ({ group, ...each })))
  const added = listDesired(desired)
    .filter((each) => !findDesired(known, each, each.desiredConfig))
    .map(newReference)
  return [...kept, ...added].sort(compareResources)
}

/** In v1alpha1 it has its deprecated name, too. */
function newReference({ group, resource, desiredConfig }: DesiredReference): ConfigReference {
  const { name, namespace } = desiredConfig
  return {
    group,
    resource,
    name,
    ...(namespace && { namespace }),
    lastObservedGeneration: 0,
    desiredConfig,
  }
}
