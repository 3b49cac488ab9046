import { kind, named, object, required, string } from '../../schema/builder.ts'
import { AGE_COLUMN, type CustomResource } from '../../schema/custom-resource.ts'
import type { Infer } from '../../schema/schema.ts'
import { CLUSTER_PROPERTIES } from '../v1alpha1.ts'

const spec = object('What the cluster tells.', {
  value: required(string('The fact. Its name is that of the object.', { minLength: 1 })),
})
export interface ClusterPropertySpec extends Infer<typeof spec> {}

const schema = kind('A fact about the cluster that it is in (KEP-2149).', {
  spec: named<ClusterPropertySpec>(spec),
  status: object('Nothing as yet.', {}),
})
/** A fact about the cluster that it is in (KEP-2149). */
export interface ClusterProperty extends Infer<typeof schema> {}

export const CLUSTER_PROPERTY_RESOURCE: CustomResource = {
  resource: CLUSTER_PROPERTIES,
  kind: 'ClusterProperty',
  // the API server wants to see an approval of everything below k8s.io
  annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes/enhancements/pull/3084' },
  versions: [
    {
      name: 'v1alpha1',
      schema,
      columns: [
        { name: 'value', type: 'string', jsonPath: '.spec.value' },
        { ...AGE_COLUMN, name: 'age' },
      ],
    },
  ],
}
