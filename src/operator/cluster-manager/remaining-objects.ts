import type { CustomResourceDefinition } from '../../apis/apiextensions/v1.ts'
import type { KubeObject } from '../../apis/meta/v1.ts'
import { isNotFound, type KubeClient, keyOf } from '../../kube/index.ts'

/** So many are named; of the others it is said how many there are. */
const NAMED = 5

/** Objects that keep a CRD from going, said to a person; undefined when there are none. */
export async function describeRemaining(
  client: KubeClient,
  crd: CustomResourceDefinition,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { group, names, scope, versions } = crd.spec
  const version = versions.find(({ storage }) => storage)?.name ?? versions[0]?.name ?? ''
  const definition = { group, version, plural: names.plural, namespaced: scope === 'Namespaced' }
  try {
    const { items } = await client.resource<KubeObject>(definition).listAll({ signal })
    if (items.length === 0) return undefined
    const shown = items.slice(0, NAMED).map(describe).join(', ')
    const more = items.length > NAMED ? ` and ${items.length - NAMED} more` : ''
    return `${items.length} ${names.plural} remain: ${shown}${more}`
  } catch (error) {
    if (isNotFound(error)) return undefined // the CRD has gone by now
    throw error
  }
}

function describe(object: KubeObject): string {
  const finalizers = object.metadata.finalizers ?? []
  return finalizers.length === 0 ? keyOf(object) : `${keyOf(object)} (finalizers ${finalizers.join(', ')})`
}
