/** Whose objects are questions: each is answered, and never kept. */
export const REVIEW_GROUPS: readonly string[] = ['authentication.k8s.io', 'authorization.k8s.io']
