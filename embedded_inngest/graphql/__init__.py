"""`/v0/gql`: the real GraphQL schema, resolved from the state."""
