-- The requests that wrk sends for scripts/bench: one function for each operation.
--
-- wrk -s requests.lua URL -- OPERATION FOLDER NUMBER
-- FOLDER has the files of scripts/bench: bearer, basic (the Authorization headers), meetings
-- ("link session" a line: the list's, the repeated token's, then the others), people ("session
-- participant token" a line), rooms, sessions (the reference's) and sizes (of the answers, "list token").
-- NUMBER is different in each run, so that new names are new.

local threads = 0

function setup(thread)
	thread:set("thread_number", threads)
	threads = threads + 1
end

local function lines(name)
	local list = {}
	for line in io.lines(folder .. "/" .. name) do
		local words = {}
		for word in line:gmatch("%S+") do
			words[#words + 1] = word
		end
		list[#list + 1] = words
	end
	return list
end

local function text(name)
	local file = assert(io.open(folder .. "/" .. name))
	local content = file:read("*l")
	file:close()
	return content
end

-- Goes round and round; the threads start at different places.
local function turn(list)
	return list[(count + thread_number * math.floor(#list / 2)) % #list + 1]
end

-- A number that no other request has, in this run or an earlier one.
local function fresh()
	return run_number * 1e7 + thread_number * 5e6 + count
end

local function bearer_post(path, body)
	return wrk.format("POST", path, bearer_headers, body)
end

local operations = {}

function operations.live()
	return wrk.format("GET", "/health/live")
end

function operations.answer()
	return wrk.format("GET", "/answer")
end

function operations.list()
	return wrk.format("GET", "/session/" .. meetings[1][1] .. "/attendees", bearer_headers)
end

function operations.query()
	return wrk.format("GET", "/query/" .. sizes[1][1] .. "/" .. meetings[1][1], bearer_headers)
end

function operations.token()
	return bearer_post("/session/" .. meetings[2][1] .. "/token", '{"data":"attendee-1"}')
end

operations["token-query"] = function()
	return bearer_post("/token-query/" .. sizes[1][2] .. "/" .. meetings[2][1] .. "/attendee-1",
		'{"data":"attendee-1"}')
end

operations["token-new"] = function()
	local attendee = string.format("new-%.0f", fresh())
	return bearer_post("/session/" .. turn(others)[1] .. "/token", '{"data":"' .. attendee .. '"}')
end

local function janus_post(path)
	local attendee = string.format("new-%.0f", fresh())
	return bearer_post(path .. sizes[1][2] .. "/" .. turn(others)[1] .. "/" .. attendee ..
		"/" .. turn(rooms)[1], '{"data":"' .. attendee .. '"}')
end

function operations.janus()
	return janus_post("/janus/")
end

function operations.admit()
	return janus_post("/admit/")
end

function operations.create()
	return bearer_post("/session", "{}")
end

function operations.insert()
	return bearer_post("/insert", "{}")
end

-- An event as Janus' sample event handler posts it. Each is a new connection with its own time.
local joined = '[{"emitter":"bench","type":64,"timestamp":%.0f,"session_id":%.0f,"handle_id":%.0f,' ..
	'"event":{"plugin":"janus.plugin.videoroom","data":{"event":"joined","room":"%s","id":"%s",' ..
	'"private_id":1234567890,"display":"bench","token":"%s"}}}]'

local function webhook_post(path, person)
	local number = fresh()
	return wrk.format("POST", path, basic_headers,
		joined:format(started + count, number, number + 1, person[1], person[2], person[3]))
end

-- Each event goes to the next meeting, and to each of its people in turn, so that concurrent events do not wait for one
-- another's locks.
local function place(meeting_count)
	local number = count + thread_number * math.floor(meeting_count / 2)
	local of_meeting = #people / #others
	return number % meeting_count, math.floor(number / meeting_count) % of_meeting, of_meeting
end

function operations.webhook()
	local meeting, person, of_meeting = place(#others)
	return webhook_post("/webhooks/session", people[meeting * of_meeting + person + 1])
end

function operations.transaction()
	local meeting, person = place(#sessions)
	return webhook_post("/transaction/" .. sessions[meeting + 1][1] .. "/attendee-" .. person + 1,
		people[1])
end

-- The load of a usual day: mostly reading, and some of everything else.
local mixture = {"list", "token", "list", "create", "list", "webhook", "list", "token-new"}

function operations.mix()
	return operations[mixture[count % #mixture + 1]]()
end

-- A repeated event: it changes no row.
local function repeated()
	return wrk.format("POST", "/webhooks/session", basic_headers,
		joined:format(started, 1, 2, people[1][1], people[1][2], people[1][3]))
end

-- The same work again and again. Its answers do not grow with rooms and people.
local steady = {"list", "token", "list", "create", "list", "repeated"}

function operations.steady()
	local name = steady[count % #steady + 1]
	return name == "repeated" and repeated() or operations[name]()
end

function init(args)
	folder, run_number, count = args[2], tonumber(args[3]), 0
	started = os.time() * 1e6
	perform = assert(operations[args[1]], "no such operation")
	bearer_headers = {["Authorization"] = text("bearer"), ["Content-Type"] = "application/json"}
	basic_headers = {["Authorization"] = text("basic"), ["Content-Type"] = "application/json"}
	meetings, people, rooms = lines("meetings"), lines("people"), lines("rooms")
	sessions, sizes = lines("sessions"), lines("sizes")
	others = {unpack(meetings, 3)}
end

function request()
	count = count + 1
	return perform()
end

-- Prints one line: requests a second, p50, p99 (ms), errors, requests, kinds of errors.
function done(summary, latency)
	local e = summary.errors
	io.write(string.format("RESULT %.1f %.3f %.3f %d %d status=%d,connect=%d,read=%d,write=%d,timeout=%d\n",
		summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000,
		latency:percentile(99) / 1000, e.status + e.connect + e.read + e.write + e.timeout,
		summary.requests, e.status, e.connect, e.read, e.write, e.timeout))
end
