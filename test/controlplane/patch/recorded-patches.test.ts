import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../src/controlplane/api/json.ts'
import { StatusError } from '../../../src/controlplane/api/status.ts'
import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
} from '../../../src/controlplane/patch/index.ts'
import { deployment } from './merge-types.ts'

/** What a kube-apiserver 1.36 made of a patch; without managedFields, resourceVersion and generation, which are not the patch's. */
interface RecordedPatch {
  readonly name: string
  readonly contentType: string
  readonly before: JsonObject
  readonly patch: JsonValue
  readonly status: number
  /** The object, or the Status that says what was wrong. */
  readonly answer: JsonObject
}

const recorded: RecordedPatch[] = readFileSync(new URL('./recorded-patches.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line))

const appliers: Record<string, (object: JsonObject, patch: JsonValue) => JsonObject> = {
  'application/json-patch+json': applyJsonPatch,
  'application/merge-patch+json': applyMergePatch,
  'application/strategic-merge-patch+json': (object, patch) =>
    applyStrategicMergePatch(object, patch, deployment),
}

describe('patches that a kube-apiserver was sent', () => {
  it.each(recorded)('does as it did: $name', ({ contentType, before, patch, status, answer }) => {
    const outcome = outcomeOf(() => appliers[contentType]?.(before, patch))
    expect(outcome).toEqual({ status, answer })
  })
})

function outcomeOf(apply: () => JsonObject | undefined): { status: number; answer: unknown } {
  try {
    return { status: 200, answer: withDefaults(apply()) }
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    return { status: error.httpStatus, answer: error.toStatus() }
  }
}

/** What the server adds to containers and ports that are new. */
function withDefaults(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) {
    const defaults = DEFAULTS[name] ?? {}
    return value.map((item) => withDefaults(typeof item === 'object' ? { ...defaults, ...item } : item))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withDefaults(member, key)]))
}

const DEFAULTS: Record<string, object> = {
  ports: { protocol: 'TCP' },
  containers: {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent',
  },
}
