import { normalize } from '../../codec/normalize.ts'
import { type KubeObject, type Strategy, subdomainProblems } from '../../registry/index.ts'
import { typeOfKind } from '../../schema/builtin-types.ts'

/** Most kinds are kept as they are sent, and leave out nothing that the server would have to fill in. */
const PLAIN: Strategy = {
  countsGenerations: false,
  allowsUnconditionalUpdate: true,
  allowsCreateOnUpdate: false,
  withDefaults: (object) => object,
  validateName: subdomainProblems,
  prepareForCreate: (object) => object,
  prepareForUpdate: (object) => object,
  validate: () => [],
  validateUpdate: () => [],
}

/** A strategy that says only what is special. What it fills in stands where Go would write it. */
export function strategyOf(special: Partial<Strategy>): Strategy {
  const { withDefaults, prepareForCreate, prepareForUpdate } = special
  return {
    ...PLAIN,
    ...special,
    ...(withDefaults ? { withDefaults: (object) => inFieldOrder(withDefaults(object)) } : {}),
    ...(prepareForCreate ? { prepareForCreate: (object) => inFieldOrder(prepareForCreate(object)) } : {}),
    ...(prepareForUpdate
      ? { prepareForUpdate: (object, old) => inFieldOrder(prepareForUpdate(object, old)) }
      : {}),
  }
}

/**
 * A kind whose status is written on its own: a new object has none yet, and writing the object leaves it alone. `prepareForCreate`
 * and `prepareForUpdate` of `special` come after that.
 */
export function strategyWithStatus(special: Partial<Strategy>): Strategy {
  const { prepareForCreate, prepareForUpdate } = special
  return strategyOf({
    ...special,
    prepareForCreate: (object) => {
      const unseen = { ...object, status: {} }
      return prepareForCreate ? prepareForCreate(unseen) : unseen
    },
    prepareForUpdate: (object, old) => {
      const kept = { ...object, status: old.status }
      return prepareForUpdate ? prepareForUpdate(kept, old) : kept
    },
  })
}

/** Of a kind's `/status`, which leaves alone everything besides status and metadata. */
export function statusStrategy(main: Strategy, special: Partial<Strategy> = {}): Strategy {
  return strategyOf({
    ...main,
    validateUpdate: () => [],
    prepareForUpdate: (object, old) => ({ ...old, metadata: object.metadata, status: object.status }),
    ...special,
  })
}

/** As Go writes it, which also gives what was set to `{}` the members that are never left out. */
function inFieldOrder(object: KubeObject): KubeObject {
  const { kind, apiVersion } = object
  const typeId = typeOfKind(apiVersion, kind)
  if (typeId === undefined) return object
  return { kind, apiVersion, ...normalize(typeId, object).object } as KubeObject
}
