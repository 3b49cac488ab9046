import { createHash } from 'node:crypto'
import type { IgnoreField } from '../../../apis/work/v1.ts'
import { errorMessage } from '../../../common/errors.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../../common/json.ts'
import { isList } from '../../../common/json-tools.ts'
import type { Logger } from '../../../common/log.ts'
import { goText } from '../../go-text.ts'
import { deleteByJq } from '../../jq/delete-paths.ts'
import { findByJsonPath, parseJsonPath } from '../../jsonpath/index.ts'
import { StepBudget } from '../../step-budget.ts'
import { asJson, type ManifestObject } from '../manifest-object.ts'
import { IgnoreFieldError } from './errors.ts'
import { removeByPointer } from './json-pointer.ts'

/**
 * A manifest without the fields that are left alone once the object is there. Fields that are left alone only after somebody has
 * changed them stay: the hash of the manifest, and not the object, says whether it is applied. All expressions of a manifest share
 * what they may cost.
 *
 * Throws an IgnoreFieldError for a pointer or a jq expression that cannot be followed; a JSON path that cannot is passed over.
 */
export function withoutIgnoredFields(
  manifest: ManifestObject,
  fields: readonly IgnoreField[],
  log: Logger,
): ManifestObject {
  const budget = new StepBudget()
  let object = structuredClone(asJson(manifest)) as JsonObject
  for (const field of fields) {
    if (field.condition === 'OnSpokeChange') continue
    for (const path of field.jsonPaths ?? []) removeByJsonPath(object, path, { log, budget })
    for (const pointer of field.jsonPointers ?? [])
      attempt(`JSON Pointer error in '${pointer}'`, () => removeByPointer(object, pointer))
    for (const expression of field.jqPathExpressions ?? [])
      object = attempt(`JQ expression error in '${expression}'`, () => deleteByJq(object, expression, budget))
  }
  return object as unknown as ManifestObject
}

function attempt<T>(what: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw new IgnoreFieldError(`${what}: ${errorMessage(error)}`, { cause: error })
  }
}

/** The last name is cut off by its dot, whatever it is part of; a list's items cannot be removed. Changes the object. */
function removeByJsonPath(
  object: JsonObject,
  path: string,
  { log, budget }: { readonly log: Logger; readonly budget: StepBudget },
): void {
  const last = path.slice(path.lastIndexOf('.') + 1)
  const parent = path.endsWith(`.${last}`) ? path.slice(0, -last.length - 1) : path
  try {
    const found = findByJsonPath(object, parseJsonPath(parent), budget)
    for (const each of found) if (isJsonObject(each)) Reflect.deleteProperty(each, last)
  } catch (err) {
    log.warn({ err, path }, 'cannot follow a JSON path of ignored fields')
  }
}

/** Hex MD5 of what Go's `%v` prints of an Unstructured: what the annotation of the original is. */
export function configSpecHash(object: ManifestObject): string {
  return createHash('md5')
    .update(`&{${goText(asJson(object))}}`)
    .digest('hex')
}

/** A creationTimestamp of null makes API servers count a change of the spec where there is none. */
export function withoutNullTimes(object: ManifestObject): ManifestObject {
  return cleaned(asJson(object)) as unknown as ManifestObject
}

function cleaned(value: JsonValue): JsonValue {
  if (isList(value)) return value.map(cleaned)
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      if (name !== 'metadata' || !isJsonObject(member) || member.creationTimestamp !== null)
        return [name, member === undefined ? member : cleaned(member)]
      const { creationTimestamp: _, ...rest } = member
      return [name, cleaned(rest)]
    }),
  )
}
