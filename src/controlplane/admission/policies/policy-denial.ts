import { StatusError } from '../../api/status.ts'
import { forbiddenObject } from '../../rbac/index.ts'
import type { AdmissionRequest } from '../admission.ts'
import { requestName } from '../request-name.ts'

/** What a policy that mutates could not do. */
export interface PolicyProblem {
  readonly policy: string
  /** Undefined when it is the policy itself that cannot be used. */
  readonly binding: string | undefined
  readonly message: string
  readonly reason: 'Forbidden' | 'Invalid'
}

const FORBIDDEN = 403

/**
 * The answer to a request that policies could not mutate (k8s.io/apiserver, policy/generic/policy_dispatcher.go): in the words of the
 * first, and whatever its reason is, the request counts as forbidden.
 */
export class PolicyDenial extends StatusError {
  constructor(request: AdmissionRequest, problems: readonly [PolicyProblem, ...PolicyProblem[]]) {
    const [first] = problems
    const { details } = forbiddenObject(request, requestName(request), '')
    const causes = problems.map((each) => ({ message: textOf(each) }))
    super(first.reason, textOf(first), { ...details, causes })
  }

  override get httpStatus(): number {
    return FORBIDDEN
  }
}

function textOf({ policy, binding, message }: PolicyProblem): string {
  return binding === undefined
    ? `policy ${JSON.stringify(policy)} denied request: ${message}`
    : `policy '${policy}' with binding '${binding}' denied request: ${message}`
}
