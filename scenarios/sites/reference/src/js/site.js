// Two small comforts; every page is complete without them.
(function () {
  "use strict";

  // Departures from Lantern Quay, the same as on /timetable/index.html.
  const departures = {
    "gull-point": {
      weekday: "06:40 07:20 08:00 08:40 10:00 12:00 14:00 16:00 17:20 18:40 20:40 22:00",
      weekend: "08:00 09:20 10:40 12:00 14:00 16:00 18:00 20:40",
    },
    "tern-island": {
      weekday: "07:30 09:30 11:30 13:30 15:30 17:30 19:30",
      weekend: "08:30 10:00 11:30 13:30 15:30 17:30",
    },
    "saltmarsh": {
      weekday: "06:30 07:30 08:30 10:30 12:30 15:30 16:30 17:30 18:30",
      weekend: "09:00 11:00 13:00 15:00 17:00",
    },
    "harbour-loop": {
      weekday: "11:00 13:00 15:00 19:00",
      weekend: "10:30 12:30 14:30 16:30 19:00",
    },
  };

  const minutes = (time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

  function boats(route, day) {
    const weekend = day === 0 || day === 6;
    return departures[route][weekend ? "weekend" : "weekday"].split(" ");
  }

  function nextBoat(route, now) {
    const passed = now.getHours() * 60 + now.getMinutes();
    const today = boats(route, now.getDay()).find((time) => minutes(time) >= passed);
    return today || boats(route, (now.getDay() + 1) % 7)[0] + " tomorrow";
  }

  function showNextBoats() {
    for (const place of document.querySelectorAll("[data-next]")) {
      place.textContent = nextBoat(place.dataset.next, new Date());
    }
  }

  function makeMenu() {
    const button = document.querySelector(".menu-button");
    const menu = document.getElementById("menu");
    // The menu only folds away once there is a button that opens it.
    document.documentElement.classList.add("js");
    button.hidden = false;
    button.addEventListener("click", () => {
      const open = menu.classList.toggle("open");
      button.setAttribute("aria-expanded", String(open));
    });
  }

  makeMenu();
  showNextBoats();
  setInterval(showNextBoats, 30000);
})();
