import { type FieldError, invalid } from '../../api/field-error.ts'
import type { KubeObject } from '../../registry/index.ts'
import { type KindEntry, type KindTable, strategyOf } from '../strategy/index.ts'
import {
  binaryBytes,
  type FileMap,
  immutableErrors,
  keyErrors,
  sizeErrors,
  textBytes,
} from './stored-data.ts'

interface ConfigMap extends KubeObject {
  readonly data?: FileMap
  readonly binaryData?: FileMap
  readonly immutable?: boolean
}

/** Of `v1`. */
export function configMapKind(table: KindTable): KindEntry {
  return table.namespaced(
    'configmaps',
    'ConfigMap',
    strategyOf({
      validate: (object) => configMapErrors(object as ConfigMap),
      validateUpdate: (object, old) => [
        ...immutableErrors(object as ConfigMap, old as ConfigMap, ['data', 'binaryData']),
        ...configMapErrors(object as ConfigMap),
      ],
    }),
  )
}

function configMapErrors({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  return [
    ...Object.keys(data).flatMap((key) => [
      ...keyErrors({ [key]: '' }, 'data'),
      ...(Object.hasOwn(binaryData, key)
        ? [invalid(`data[${key}]`, key, 'duplicate of key present in binaryData')]
        : []),
    ]),
    ...keyErrors(binaryData, 'binaryData'),
    ...sizeErrors(textBytes(data) + binaryBytes(binaryData), ''),
  ]
}
