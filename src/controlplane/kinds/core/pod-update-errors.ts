import { isDeepStrictEqual } from 'node:util'
import { type FieldError, forbidden, invalid, required } from '../../api/field-error.ts'
import { MAX_INT32, rangeProblem } from '../field-checks/index.ts'
import {
  type Container,
  imageSpaceErrors,
  type Pod,
  type PodSpec,
  type Toleration,
  tolerationErrors,
} from '../pod/index.ts'
import { lineDiff } from './line-diff.ts'
import { podErrors } from './pod-errors.ts'

const CHANGEABLE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',')

/** What is wrong with a change of a pod, of which next to nothing may change (kubernetes, apis/core/validation). */
export function podUpdateErrors(pod: Pod, old: Pod): FieldError[] {
  const { spec } = pod
  const deadline = deadlineErrors(spec.activeDeadlineSeconds, old.spec.activeDeadlineSeconds)
  const errors = [
    ...podErrors(pod),
    ...containerErrors(spec.containers ?? [], old.spec.containers ?? [], 'spec.containers'),
  ]
  // Where containers have come or gone, there is nothing to compare.
  if (!isSameLength(spec.containers, old.spec.containers)) return errors
  const withInit = [
    ...errors,
    ...containerErrors(spec.initContainers ?? [], old.spec.initContainers ?? [], 'spec.initContainers'),
  ]
  if (!isSameLength(spec.initContainers, old.spec.initContainers)) return withInit
  if (deadline.length > 0 && spec.activeDeadlineSeconds !== undefined) return [...withInit, ...deadline]
  return [
    ...withInit,
    ...deadline,
    ...addedTolerationErrors(spec.tolerations ?? [], old.spec.tolerations ?? []),
    ...gateErrors(spec, old.spec),
    ...(isGated(old.spec) ? nodeSelectorErrors(spec, old.spec) : []),
    ...fixedErrors(spec, old.spec),
  ]
}

/** What is wrong with a change of the containers that have been put into a running pod. */
export function ephemeralUpdateErrors(pod: Pod, old: Pod): FieldError[] {
  const path = 'spec.ephemeralContainers'
  const named = new Map((pod.spec.ephemeralContainers ?? []).map((each) => [each.name, each]))
  return [
    ...podErrors(pod),
    ...(old.spec.ephemeralContainers ?? []).flatMap((container) => {
      const quoted = JSON.stringify(container.name)
      const now = named.get(container.name)
      if (!now) return [forbidden(path, `existing ephemeral containers ${quoted} may not be removed\n`)]
      if (isDeepStrictEqual(now, container)) return []
      const diff = lineDiff(pretty(container), pretty(now))
      return [forbidden(path, `existing ephemeral containers ${quoted} may not be changed\n${diff}`)]
    }),
  ]
}

function containerErrors(
  containers: readonly Container[],
  old: readonly Container[],
  path: string,
): FieldError[] {
  if (containers.length !== old.length)
    return [forbidden(path, 'pod updates may not add or remove containers')]
  return containers.flatMap((container, index) => [
    ...(container.image ? [] : [required(`${path}[${index}].image`)]),
    ...imageSpaceErrors(container, `${path}[${index}]`),
  ])
}

function deadlineErrors(seconds: number | undefined, old: number | undefined): FieldError[] {
  const path = 'spec.activeDeadlineSeconds'
  if (seconds === undefined) {
    return old === undefined
      ? []
      : [invalid(path, null, 'must not update from a positive integer to nil value')]
  }
  if (seconds < 0 || seconds > MAX_INT32) return [invalid(path, seconds, rangeProblem(0, MAX_INT32))]
  if (old === undefined || seconds <= old) return []
  return [invalid(path, seconds, 'must be less than or equal to previous value')]
}

function addedTolerationErrors(tolerations: readonly Toleration[], old: readonly Toleration[]): FieldError[] {
  const lasting = ({ key = '', operator = '', value = '', effect = '' }: Toleration) =>
    JSON.stringify([key, operator, value, effect])
  const now = new Set(tolerations.map(lasting))
  if (old.every((each) => now.has(lasting(each)))) return tolerationErrors(tolerations, 'spec.tolerations')
  const detail = 'existing toleration can not be modified except its tolerationSeconds'
  return [forbidden('spec.tolerations', detail)]
}

function gateErrors(spec: PodSpec, old: PodSpec): FieldError[] {
  const before = new Set((old.schedulingGates ?? []).map(({ name }) => name))
  return (spec.schedulingGates ?? []).flatMap(({ name }, index) =>
    before.has(name)
      ? []
      : [
          forbidden(
            `spec.schedulingGates[${index}].name`,
            `only deletion is allowed, but found new scheduling gate '${name}'`,
          ),
        ],
  )
}

function isGated({ schedulingGates = [] }: PodSpec): boolean {
  return schedulingGates.length > 0
}

function nodeSelectorErrors({ nodeSelector = {} }: PodSpec, old: PodSpec): FieldError[] {
  const isKept = Object.entries(old.nodeSelector ?? {}).every(
    ([key, value]) => Object.hasOwn(nodeSelector, key) && nodeSelector[key] === value,
  )
  const detail = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)'
  return isKept ? [] : [invalid('spec.nodeSelector', nodeSelector, detail)]
}

function fixedErrors(spec: PodSpec, old: PodSpec): FieldError[] {
  const rest = withOldChangeables(spec, old)
  if (isDeepStrictEqual(rest, old)) return []
  const diff = lineDiff(pretty(old), pretty(rest))
  return [forbidden('spec', `pod updates may not change fields other than ${CHANGEABLE}\n${diff}`)]
}

/** The spec as it would be, had nothing changed that may. */
function withOldChangeables(spec: PodSpec, old: PodSpec): PodSpec {
  const withOldImages = (list: 'containers' | 'initContainers') =>
    spec[list]?.map((container, index) => ({ ...container, image: old[list]?.[index]?.image ?? '' }))
  const wasNegative = (old.terminationGracePeriodSeconds ?? 0) < 0
  return inOrderOf(old, {
    ...spec,
    containers: withOldImages('containers'),
    initContainers: withOldImages('initContainers'),
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    schedulingGates: old.schedulingGates,
    tolerations: old.tolerations,
    ...(wasNegative && spec.terminationGracePeriodSeconds === 1
      ? { terminationGracePeriodSeconds: old.terminationGracePeriodSeconds }
      : {}),
    ...(isGated(old) ? { nodeSelector: old.nodeSelector } : {}),
  })
}

/** Without what is undefined, and what both have in the same order. */
function inOrderOf(old: PodSpec, spec: Readonly<Record<string, unknown>>): PodSpec {
  const names = [...new Set([...Object.keys(spec), ...Object.keys(old)])]
  return Object.fromEntries(
    names.filter((name) => spec[name] !== undefined).map((name) => [name, spec[name]]),
  ) as PodSpec
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 1)
}

function isSameLength(list: readonly unknown[] | null = [], old: readonly unknown[] | null = []): boolean {
  return (list ?? []).length === (old ?? []).length
}
