import { isJsonObject, type JsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import { amountsOf, podAmounts, statedAmounts } from '../amounts/index.ts'
import { objectsOf, specOf } from '../pod-shape.ts'
import { atLeast, atMost, type Constraint, ratioAtMost, requestAtMost, type Stated } from './constraints.ts'

type Rule = readonly [list: string, constraint: Constraint]

const RULES: readonly Rule[] = [
  ['min', atLeast],
  ['max', atMost],
  ['maxLimitRequestRatio', ratioAtMost],
]
const CLAIM_RULES: readonly Rule[] = [
  ['min', atLeast],
  ['max', requestAtMost],
]

/** The limits that a LimitRange has for one type of things. */
export function limitItems(range: KubeObject, type: string): readonly JsonObject[] {
  return objectsOf(specOf(range).limits).filter((item) => item.type === type)
}

/** What a LimitRange has against a pod. */
export function podProblems(range: KubeObject, pod: KubeObject): string[] {
  const spec = specOf(pod)
  const containers = [...objectsOf(spec.containers), ...objectsOf(spec.initContainers)].map(statedBy)
  const whole = { requests: podAmounts(pod, 'requests'), limits: podAmounts(pod, 'limits') }
  return [
    ...limitItems(range, 'Container').flatMap((item) =>
      containers.flatMap((stated) => problems(RULES, item, stated)),
    ),
    ...limitItems(range, 'Pod').flatMap((item) => problems(RULES, item, whole)),
  ]
}

/** What a LimitRange has against a claim. */
export function claimProblems(range: KubeObject, claim: KubeObject): string[] {
  const { requests } = statedBy(specOf(claim))
  return limitItems(range, 'PersistentVolumeClaim').flatMap((item) =>
    problems(CLAIM_RULES, item, { requests, limits: new Map() }),
  )
}

function problems(rules: readonly Rule[], item: JsonObject, stated: Stated): string[] {
  return rules.flatMap(([list, constraint]) =>
    [...amountsOf(isJsonObject(item[list]) ? item[list] : undefined)]
      .map(([name, bound]) => constraint(String(item.type), name, bound, stated))
      .filter((problem) => problem !== undefined),
  )
}

function statedBy(holder: JsonObject): Stated {
  return { requests: statedAmounts(holder, 'requests'), limits: statedAmounts(holder, 'limits') }
}
