// Counts down what the server wrote in words. Without this script the words stay as they were sent.
"use strict";
for (const element of document.querySelectorAll("[data-countdown]")) {
  const end = performance.now() + Number(element.dataset.countdown) * 1000;
  const words = (seconds) => {
    const minutes = Math.floor(seconds / 60);
    if (minutes === 0) return `${seconds} s`;
    if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, "0")} s`;
    return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
  };
  const tick = () => {
    const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    element.textContent = left === 0 ? element.dataset.done : words(left);
    if (left === 0) clearInterval(timer);
  };
  const timer = setInterval(tick, 1000);
  tick();
}
