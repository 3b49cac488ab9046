import { type FieldError, invalid, required } from '../../api/field-error.ts'
import { goKindOf, isRawObject } from '../../codec/json-number.ts'
import { MalformedBody } from '../../codec/malformed-body.ts'
import { parseJson } from '../../codec/parse-json.ts'
import type { KubeObject } from '../../registry/index.ts'
import { selectableFields } from '../../selectors/index.ts'
import {
  immutableErrors as fixedErrors,
  type KindEntry,
  type KindTable,
  strategyOf,
} from '../strategy/index.ts'
import { binaryBytes, type FileMap, immutableErrors, keyErrors, sizeErrors } from './stored-data.ts'

interface Secret extends KubeObject {
  /** In base64. */
  readonly data?: FileMap
  /** As text; only ever written. */
  readonly stringData?: FileMap
  readonly type?: string
  readonly immutable?: boolean
}

const ACCOUNT_ANNOTATION = 'kubernetes.io/service-account.name'

/** Of `v1`. */
export function secretKind(table: KindTable): KindEntry {
  const strategy = strategyOf({
    withDefaults: (object) => secretDefaults(object as Secret),
    validate: (object) => secretErrors(object as Secret),
    validateUpdate: (object, old) => {
      const [secret, before] = [object as Secret, old as Secret]
      return [
        ...fixedErrors(secret.type, before.type, 'type'),
        ...immutableErrors(secret, before, ['data']),
        ...secretErrors(secret),
      ]
    },
  })
  return table.namespaced('secrets', 'Secret', strategy, {
    selectableFields: selectableFields(['metadata.name', 'metadata.namespace', 'type']),
  })
}

function secretDefaults({ stringData, ...secret }: Secret): Secret {
  const texts = Object.entries(stringData ?? {})
  const added = Object.fromEntries(texts.map(([key, text]) => [key, Buffer.from(text).toString('base64')]))
  return { ...secret, data: { ...secret.data, ...added }, type: secret.type || 'Opaque' }
}

function secretErrors(secret: Secret): FieldError[] {
  const { data = {} } = secret
  return [...keyErrors(data, 'data'), ...sizeErrors(binaryBytes(data), 'data'), ...typeErrors(secret, data)]
}

/** What a secret of a certain type has to have. */
function typeErrors({ type, metadata }: Secret, data: FileMap): FieldError[] {
  const missing = (...keys: string[]) =>
    keys.filter((key) => !Object.hasOwn(data, key)).map((key) => required(`data[${key}]`))
  switch (type) {
    case 'kubernetes.io/service-account-token':
      return metadata.annotations?.[ACCOUNT_ANNOTATION]
        ? []
        : [required(`metadata.annotations[${ACCOUNT_ANNOTATION}]`)]
    case 'kubernetes.io/dockercfg':
      return jsonErrors('.dockercfg', data)
    case 'kubernetes.io/dockerconfigjson':
      return jsonErrors('.dockerconfigjson', data)
    case 'kubernetes.io/basic-auth': {
      const errors = missing('username', 'password')
      return errors.length === 2 ? errors : []
    }
    case 'kubernetes.io/ssh-auth':
      return data['ssh-privatekey'] ? [] : [required('data[ssh-privatekey]')]
    case 'kubernetes.io/tls':
      return missing('tls.crt', 'tls.key')
    default:
      return []
  }
}

function jsonErrors(key: string, data: FileMap): FieldError[] {
  const path = `data[${key}]`
  if (!Object.hasOwn(data, key)) return [required(path)]
  const problem = jsonObjectProblem(Buffer.from(data[key] ?? '', 'base64').toString())
  return problem === undefined ? [] : [invalid(path, '<secret contents redacted>', problem)]
}

/** In Go's words. */
function jsonObjectProblem(text: string): string | undefined {
  try {
    const { value } = parseJson(text)
    if (value === null || isRawObject(value)) return undefined
    return `json: cannot unmarshal ${goKindOf(value)} into Go value of type map[string]interface {}`
  } catch (error) {
    if (error instanceof MalformedBody) return error.message
    throw error
  }
}
