/** Values of the API document's examples: one application, told of alike everywhere. */
export const sample = {
  requestId: "0197c4a1-2f3b-7c55-9d1e-6a4b8c2d0e11",
  pageToken: "WyJwb2xpY2llcyIsIjIwMjYtMDEtMDFUMDA6MDA6MDAuMDAwWiIsIngiXQ",
  applicationId: "0197a3c0-11aa-7e01-8b1c-0d5e6f708192",
  workspaceId: "0197a3c0-5d21-7b43-9a0e-1f2a3b4c5d6e",
  grantId: "0197a3c0-7f00-7c11-8d22-2a3b4c5d6e7f",
  email: "scout@agents.example.com",
  domain: "agents.example.com",
  id: "0197a3c0-9a10-7d33-8e44-3b4c5d6e7f80",
  at: 1_767_225_600,
} as const;
