export { aggregatedRules } from './aggregate-rules.ts'
export {
  type Attributes,
  type Authorizer,
  type Decision,
  isPrivileged,
  type NonResourceAttributes,
  PRIVILEGED_GROUP,
  PRIVILEGED_GROUP_AUTHORIZER,
  type ResourceAttributes,
  type User,
  unionAuthorizer,
} from './authorizer.ts'
export {
  BOOTSTRAP_CLUSTER_ROLE_BINDINGS,
  BOOTSTRAP_CLUSTER_ROLES,
  BOOTSTRAP_ROLE_BINDINGS,
  BOOTSTRAP_ROLES,
} from './bootstrap-roles/index.ts'
export { EscalationGuard, type EscalationGuardComponents, type WriteRequest } from './escalation-guard.ts'
export { forbidden, forbiddenObject } from './forbidden.ts'
export { RbacAuthorizer, type RbacAuthorizerComponents } from './rbac-authorizer.ts'
export {
  type AggregationRule,
  type Binding,
  type ClusterRole,
  type PolicyRule,
  RBAC_GROUP,
  type Role,
  type RoleRef,
  type Subject,
} from './rbac-objects.ts'
export type { BindingChange, RbacChange, RbacSource, RoleChange } from './rbac-source.ts'
export {
  bindingUpdateErrors,
  clusterRoleBindingErrors,
  clusterRoleErrors,
  roleBindingErrors,
  roleErrors,
  withBindingDefaults,
} from './rbac-validation.ts'
export {
  type AccessReviewStatus,
  accessReviewStatus,
  type RulesReviewStatus,
  rulesReviewStatus,
} from './reviews.ts'
export type { ResolvedRules, RuleResolver } from './rule-resolver.ts'
export { serviceAccountGroups, serviceAccountUser, serviceAccountUserName } from './service-account-user.ts'
