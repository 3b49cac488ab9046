import type {
  CustomResourceConversion,
  CustomResourceDefinition,
} from '../../../src/apis/apiextensions/v1.ts'
import {
  clusterProfileCrd,
  clusterPropertyCrd,
  hubCrds,
  operatorCrds,
  spokeCrds,
} from '../../../src/apis/crds.ts'
import type { Json } from '../../support/api-client.ts'
import type { TestControlPlane } from '../../support/control-plane.ts'
import { until } from '../../support/until.ts'

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

/** All definitions that there are, gates or no gates. */
export function allDefinitions(addOnConversion?: CustomResourceConversion): CustomResourceDefinition[] {
  return [
    ...hubCrds(addOnConversion),
    clusterProfileCrd(),
    ...spokeCrds(),
    clusterPropertyCrd(),
    ...operatorCrds(),
  ]
}

/** Creates definitions, and waits until they are established. */
export async function establish(
  server: TestControlPlane,
  definitions: readonly CustomResourceDefinition[],
): Promise<void> {
  for (const definition of definitions) {
    const { status, text } = await server.admin.post(DEFINITIONS, definition)
    if (status !== 201) throw new Error(`${definition.metadata.name}: ${text}`)
  }
  for (const { metadata } of definitions)
    await until(
      async () => (await conditionsOf(server, metadata.name ?? '')).get('Established') === 'True',
      `${metadata.name} is established`,
    )
}

/** Statuses of the conditions of a definition, by type. */
export async function conditionsOf(server: TestControlPlane, name: string): Promise<Map<string, string>> {
  const { json } = await server.admin.get(`${DEFINITIONS}/${name}`)
  return new Map((json.status?.conditions ?? []).map(({ type, status }: Json) => [type, status]))
}
