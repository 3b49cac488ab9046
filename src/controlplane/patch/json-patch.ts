import { isDeepStrictEqual } from 'node:util'
import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { badRequest, StatusError } from '../api/status.ts'
import { cloneJson, JsonDraft } from './json-draft.ts'
import { parsePointer } from './json-pointer.ts'
import { jsonSize, requireBoundedDepth } from './json-size.ts'
import { memberOf } from './members.ts'
import { cannotDecode, doesNotApply, FailedPatchTest } from './patch-error.ts'

const MAX_OPERATIONS = 10_000

/** How much one patch may have copied; without a bound, every `copy` could double the object. */
const MAX_COPIED_BYTES = 3 * 1024 * 1024

interface Operation {
  readonly op: string | undefined
  readonly path: string | undefined
  readonly from: string | undefined
  readonly value: JsonValue
}

interface Progress {
  readonly draft: JsonDraft
  copiedBytes: number
}

const OPERATIONS: ReadonlyMap<string | undefined, (progress: Progress, operation: Operation) => void> =
  new Map([
    ['add', ({ draft }, { path, value }) => draft.add(pointer(path), value)],
    ['remove', ({ draft }, { path }) => draft.remove(pointer(path))],
    ['replace', ({ draft }, { path, value }) => draft.replace(pointer(path), value)],
    ['move', ({ draft }, { from, path }) => draft.add(pointer(path), draft.remove(pointer(from)))],
    ['copy', copy],
    ['test', test],
  ])

/**
 * The object after a JSON Patch (RFC 6902), all of it or, with an error, nothing. Where Kubernetes does not keep to the RFC, this
 * does as Kubernetes does: a member that is replaced need not exist, one that is missing passes a test for null, a missing
 * value is null, and lists may be indexed from their end.
 */
export function applyJsonPatch(object: JsonObject, patch: JsonValue): JsonObject {
  requireBoundedDepth(patch, 'the patch')
  const progress: Progress = { draft: new JsonDraft(object), copiedBytes: 0 }
  for (const operation of decode(patch)) {
    const run = OPERATIONS.get(operation.op)
    if (!run) throw doesNotApply(`unexpected operation ${JSON.stringify(operation.op)}`)
    run(progress, operation)
  }

  const { document } = progress.draft
  if (!isJsonObject(document)) throw doesNotApply('the document would be no object any more')
  requireBoundedDepth(document, 'the patched object')
  return document
}

function copy(progress: Progress, { from, path }: Operation): void {
  const { draft } = progress
  const value = draft.read(pointer(from))
  if (value === undefined) throw doesNotApply(`there is nothing to copy at ${JSON.stringify(from)}`)
  progress.copiedBytes += jsonSize(value, 'what is copied', MAX_COPIED_BYTES - progress.copiedBytes)
  if (progress.copiedBytes > MAX_COPIED_BYTES) {
    throw doesNotApply(`more than ${MAX_COPIED_BYTES} bytes would be copied`)
  }
  draft.add(pointer(path), cloneJson(value))
}

function test({ draft }: Progress, { path, value }: Operation): void {
  if (!isDeepStrictEqual(draft.read(pointer(path)) ?? null, value)) {
    throw doesNotApply(new FailedPatchTest(`testing the value of ${JSON.stringify(path)} failed`))
  }
}

function pointer(path: string | undefined): readonly string[] {
  if (path === undefined) throw doesNotApply('an operation has no path')
  return parsePointer(path)
}

function decode(patch: JsonValue): Operation[] {
  if (patch === null) return []
  if (!Array.isArray(patch)) throw undecodable(patch, 'value of type []handlers.jsonPatchOp')
  if (patch.length > MAX_OPERATIONS) {
    const limit = `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`
    throw new StatusError('RequestEntityTooLarge', `Request entity too large: ${limit}`)
  }
  return patch.map(decodeOperation)
}

/** Of a missing or a null one nothing is known, which is an error only when it is its turn. */
function decodeOperation(operation: JsonValue): Operation {
  if (operation !== null && !isJsonObject(operation)) {
    throw undecodable(operation, 'value of type handlers.jsonPatchOp')
  }
  const fields = operation ?? {}
  return {
    op: stringField(fields, 'op'),
    path: stringField(fields, 'path'),
    from: stringField(fields, 'from'),
    value: memberOf(fields, 'value') ?? null,
  }
}

function stringField(operation: JsonObject, name: string): string | undefined {
  const value = memberOf(operation, name) ?? undefined
  if (value === undefined || typeof value === 'string') return value
  throw undecodable(value, `struct field jsonPatchOp.${name} of type string`)
}

function undecodable(value: JsonValue, goTarget: string): StatusError {
  return badRequest(`error decoding patch: ${cannotDecode(value, goTarget)}`)
}
