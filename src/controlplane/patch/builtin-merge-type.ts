import { jsonFieldNamed } from '../schema/builtin-types.ts'
import type { Field, FieldType } from '../schema/type-facts.ts'
import type { MergeField, MergeType } from './merge-type.ts'

const made = new Map<string, MergeType>()

/** What a strategic merge has to know of a built-in type, such as `core/v1.Pod`. Throws an Error for an unknown one. */
export function builtinMergeType(typeId: string): MergeType {
  let type = made.get(typeId)
  if (!type) {
    type = {
      name: typeId.slice(typeId.lastIndexOf('.') + 1),
      field: (name) => mergeField(jsonFieldNamed(typeId, name)?.field),
    }
    made.set(typeId, type)
  }
  return type
}

function mergeField(field: Field | undefined): MergeField | undefined {
  if (!field) return undefined
  const { patch, type } = field
  const strategy = patch?.strategies.find((each) => each !== 'retainKeys')
  const mergeType = typeOf(type)
  return {
    ...(strategy === undefined ? {} : { strategy }),
    ...(patch?.mergeKey === undefined ? {} : { mergeKey: patch.mergeKey }),
    ...(mergeType ? { type: mergeType } : {}),
  }
}

/** Of the object that a field is, or of the objects in its list. */
function typeOf(type: FieldType): MergeType | undefined {
  switch (type.kind) {
    case 'message':
      return builtinMergeType(type.id)
    case 'list':
      return typeOf(type.element)
    case 'map':
      return mapOf(typeOf(type.value))
    case 'scalar':
    case 'wellKnown':
      return undefined
    default:
      throw new Error(`unhandled type ${type satisfies never}`)
  }
}

function mapOf(value: MergeType | undefined): MergeType {
  return { name: 'map', field: () => (value ? { type: value } : {}) }
}
