import {
  BOOLEAN,
  listOf,
  mapListOf,
  mapOf,
  NUMBER,
  SCALAR,
  STRING,
  setOf,
  structOf,
  UNTYPED,
} from './schema.ts'

const OWNER_REFERENCE = structOf(
  {
    apiVersion: STRING,
    blockOwnerDeletion: BOOLEAN,
    controller: BOOLEAN,
    kind: STRING,
    name: STRING,
    uid: STRING,
  },
  { atomic: true },
)

/** The metadata that every object has. */
export const OBJECT_META = structOf({
  annotations: mapOf(STRING),
  creationTimestamp: SCALAR,
  deletionGracePeriodSeconds: NUMBER,
  deletionTimestamp: SCALAR,
  finalizers: setOf(STRING),
  generateName: STRING,
  generation: NUMBER,
  labels: mapOf(STRING),
  managedFields: listOf(UNTYPED),
  name: STRING,
  namespace: STRING,
  ownerReferences: mapListOf(OWNER_REFERENCE, ['uid']),
  resourceVersion: STRING,
  selfLink: STRING,
  uid: STRING,
})
