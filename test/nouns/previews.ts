import type { TestNoun } from "./noun.ts";

const id = "0190a000-0000-7000-8000-00000000dead";

export const previews: TestNoun = {
  dialect: "v0",
  tables: [],
  absent: {},
  choices: { event_id: id },
  namesNothing: ["event_id"],
  routes: {
    "organizations.getLabs": {},
    "organizations.joinLabs": {},
    "calendar.get": {},
    "calendar.update": {},
    "calendar.getAgenda": {},
    "calendar.listEvents": {},
    "calendar.createEvent": {},
    "calendar.getEvent": {},
    "calendar.updateEvent": {},
    "calendar.deleteEvent": {},
    "calendar.listEventInstances": {},
    "calendar.respondToEvent": {},
  },
};
