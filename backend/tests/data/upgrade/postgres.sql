CREATE FUNCTION public.update_updated_at_column() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at THEN
        NEW.updated_at = CURRENT_TIMESTAMP;
    END IF;
    RETURN NEW;
END;
$$;
CREATE TABLE public._migrations (
    feature character varying(100) NOT NULL,
    file character varying(255) NOT NULL,
    checksum character(64) NOT NULL,
    executed_at timestamp with time zone NOT NULL
);
CREATE TABLE public.accounts (
    id uuid NOT NULL,
    email character varying(254) NOT NULL,
    email_key character varying(254) NOT NULL,
    display_name character varying(100),
    password_hash character varying(255) NOT NULL,
    is_admin boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    user_id character varying(255) NOT NULL,
    disabled_at timestamp with time zone
);
CREATE TABLE public.calendar_links (
    account_id uuid NOT NULL,
    id uuid NOT NULL,
    token_hash bytea NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.ceremonies (
    token_hash bytea NOT NULL,
    account_id uuid,
    purpose character varying(20) NOT NULL,
    state text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT ceremonies_purpose_check CHECK (((purpose)::text = ANY ((ARRAY['add'::character varying, 'sign-in'::character varying])::text[])))
);
CREATE TABLE public.first_account (
    is_taken boolean NOT NULL,
    account_id uuid NOT NULL,
    CONSTRAINT first_account_is_taken_check CHECK (is_taken)
);
CREATE TABLE public.fuel_logs (
    id uuid NOT NULL,
    user_id character varying(255) NOT NULL,
    vehicle_id uuid NOT NULL,
    date date NOT NULL,
    odometer_reading integer NOT NULL,
    gallons numeric(8,3) NOT NULL,
    price_per_gallon numeric(6,3),
    total_cost numeric(8,2),
    station_name character varying(200),
    notes text,
    created_at timestamp with time zone,
    updated_at timestamp with time zone,
    is_full boolean DEFAULT true NOT NULL,
    missed_previous boolean DEFAULT false NOT NULL,
    trip_distance integer,
    interval_distance integer,
    interval_gallons numeric(12,3),
    interval_cost numeric(12,2),
    mpg numeric(16,2),
    economy_reason character varying(20),
    fuel_type character varying(20),
    station_id uuid
);
ALTER TABLE ONLY public.fuel_logs FORCE ROW LEVEL SECURITY;
CREATE TABLE public.guess_budgets (
    bucket character(64) NOT NULL,
    moments text NOT NULL,
    until timestamp with time zone NOT NULL
);
CREATE TABLE public.identities (
    issuer character varying(255) NOT NULL,
    subject character varying(255) NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.invitations (
    id uuid NOT NULL,
    token_hash bytea NOT NULL,
    email character varying(254),
    email_key character varying(254),
    created_by uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    used_by uuid
);
CREATE TABLE public.kept_answers (
    user_id character varying(255) NOT NULL,
    key character varying(255) NOT NULL,
    fingerprint character(64) NOT NULL,
    location text NOT NULL,
    body text NOT NULL,
    created_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.kept_answers FORCE ROW LEVEL SECURITY;
CREATE TABLE public.known_devices (
    token_hash bytea NOT NULL,
    account_id uuid NOT NULL,
    network character varying(50),
    seen_at timestamp with time zone NOT NULL
);
CREATE TABLE public.maintenance (
    id uuid NOT NULL,
    user_id character varying(255) NOT NULL,
    vehicle_id uuid NOT NULL,
    type character varying(100) NOT NULL,
    description text,
    due_date date,
    due_mileage integer,
    completed_date date,
    completed_mileage integer,
    cost numeric(8,2),
    service_location character varying(200),
    notes text,
    is_completed boolean DEFAULT false,
    created_at timestamp with time zone,
    updated_at timestamp with time zone,
    interval_months integer,
    interval_miles integer,
    base_date date,
    months_from_base integer DEFAULT 0 NOT NULL,
    scheduled_mileage integer,
    previous_id uuid
);
ALTER TABLE ONLY public.maintenance FORCE ROW LEVEL SECURITY;
CREATE TABLE public.notification_channels (
    id uuid NOT NULL,
    user_id character varying(255) NOT NULL,
    kind character varying(20) NOT NULL,
    address character varying(2000) NOT NULL,
    secret character varying(200),
    created_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.notification_channels FORCE ROW LEVEL SECURITY;
CREATE TABLE public.notification_tests (
    user_id character varying(255) NOT NULL,
    tested_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.notification_tests FORCE ROW LEVEL SECURITY;
CREATE TABLE public.notifications (
    id uuid NOT NULL,
    user_id character varying(255) NOT NULL,
    channel_id uuid NOT NULL,
    day date NOT NULL,
    message text NOT NULL,
    attempts integer NOT NULL,
    next_at timestamp with time zone,
    sent_at timestamp with time zone
);
ALTER TABLE ONLY public.notifications FORCE ROW LEVEL SECURITY;
CREATE TABLE public.notified_items (
    channel_id uuid NOT NULL,
    item_id uuid NOT NULL,
    status character varying(20) NOT NULL,
    due character varying(40) NOT NULL,
    user_id character varying(255) NOT NULL
);
ALTER TABLE ONLY public.notified_items FORCE ROW LEVEL SECURITY;
CREATE TABLE public.odometer_readings (
    id uuid NOT NULL,
    user_id character varying(255) NOT NULL,
    vehicle_id uuid NOT NULL,
    date date NOT NULL,
    reading integer NOT NULL,
    previous_reading integer,
    notes text,
    created_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.odometer_readings FORCE ROW LEVEL SECURITY;
CREATE TABLE public.passkeys (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    credential_id bytea NOT NULL,
    credential text NOT NULL,
    name character varying(100) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone
);
CREATE TABLE public.password_resets (
    token_hash bytea NOT NULL,
    account_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    password_mark character(64) NOT NULL
);
CREATE TABLE public.pending_sign_ins (
    token_hash bytea NOT NULL,
    account_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE public.personal_tokens (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    name character varying(100) NOT NULL,
    scope character varying(20) NOT NULL,
    token_hash bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    CONSTRAINT personal_tokens_scope_check CHECK (((scope)::text = ANY ((ARRAY['read'::character varying, 'write'::character varying])::text[])))
);
CREATE TABLE public.provider_logins (
    key_hash bytea NOT NULL,
    provider character varying(32) NOT NULL,
    nonce character(64) NOT NULL,
    verifier character(64) NOT NULL,
    next character varying(2000) NOT NULL,
    session_id uuid,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.recovery_codes (
    account_id uuid NOT NULL,
    code_hash bytea NOT NULL,
    used_at timestamp with time zone
);
CREATE TABLE public.security_events (
    id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    kind character varying(50) NOT NULL,
    account_id uuid,
    actor_id uuid,
    address character varying(50),
    user_agent character varying(200),
    detail text
);
CREATE TABLE public.sessions (
    token_hash bytea NOT NULL,
    account_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    id uuid,
    user_agent character varying(200),
    confirmed_at timestamp with time zone
);
CREATE TABLE public.station_favorites (
    user_id character varying(255) NOT NULL,
    station_id uuid NOT NULL,
    notes text,
    created_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.station_favorites FORCE ROW LEVEL SECURITY;
CREATE TABLE public.station_imports (
    id uuid NOT NULL,
    file character varying(200) NOT NULL,
    size bigint NOT NULL,
    bytes_read bigint NOT NULL,
    state character varying(20) NOT NULL,
    added bigint NOT NULL,
    changed bigint NOT NULL,
    unchanged bigint NOT NULL,
    no_station bigint NOT NULL,
    no_name bigint NOT NULL,
    no_place bigint NOT NULL,
    failure text,
    started_at timestamp with time zone NOT NULL,
    told_at timestamp with time zone NOT NULL
);
CREATE TABLE public.stations (
    id uuid NOT NULL,
    google_place_id character varying(255),
    name character varying(200) NOT NULL,
    address text,
    latitude numeric(10,8),
    longitude numeric(11,8),
    phone character varying(20),
    website character varying(255),
    created_at timestamp with time zone,
    updated_at timestamp with time zone,
    made_by character varying(255),
    origin character varying(64),
    brand character varying(100),
    fuel_types character varying(255),
    search_key text DEFAULT ''::text NOT NULL,
    cell integer
);
CREATE TABLE public.totp_secrets (
    account_id uuid NOT NULL,
    secret bytea NOT NULL,
    last_used_step bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone
);
CREATE TABLE public.user_preferences (
    user_id character varying(255) NOT NULL,
    distance_unit character varying(20) NOT NULL,
    volume_unit character varying(20) NOT NULL,
    economy_unit character varying(20) NOT NULL,
    currency character varying(3) NOT NULL,
    time_zone character varying(100) NOT NULL,
    theme character varying(20) NOT NULL,
    updated_at timestamp with time zone NOT NULL
);
ALTER TABLE ONLY public.user_preferences FORCE ROW LEVEL SECURITY;
CREATE TABLE public.vehicles (
    id uuid NOT NULL,
    user_id character varying(255) NOT NULL,
    vin character varying(17) NOT NULL,
    make character varying(100),
    model character varying(100),
    year integer,
    nickname character varying(100),
    color character varying(50),
    license_plate character varying(20),
    odometer_reading integer DEFAULT 0,
    is_active boolean DEFAULT true,
    deleted_at timestamp with time zone,
    created_at timestamp with time zone,
    updated_at timestamp with time zone
);
ALTER TABLE ONLY public.vehicles FORCE ROW LEVEL SECURITY;
CREATE TABLE public.vin_cache (
    vin character varying(17) NOT NULL,
    make character varying(100),
    model character varying(100),
    year integer,
    engine_type character varying(100),
    body_type character varying(100),
    raw_data jsonb,
    cached_at timestamp with time zone
);
INSERT INTO public._migrations VALUES
	('security-log', '001_create_security_events.sql', '0ee73fc4e4767fb311f6847350b4c886b1742f6d3b502e35b73e6836934db26b', '2026-11-29 10:47:54.836828+00'),
	('invitations', '001_create_invitations.sql', 'e39b7bccf74d0be3cd030a0718a7dd253069a57d2ec17451de8828d2ae47fbe0', '2026-11-29 10:47:54.854689+00'),
	('accounts', '001_create_accounts.sql', '1cc743405fb6388941d1b0ba3a37f0ff590be36c8bbea9e12e652b439840342f', '2026-11-29 10:47:54.868006+00'),
	('accounts', '002_keep_answers.sql', '3a2e17b98c756246151d047cf6f832111599b7b1439ebb9a324007bd6d9df073', '2026-11-29 10:47:54.885095+00'),
	('accounts', '003_keep_every_door.sql', '1761bd55d4c01f930e096e3cdd7e82b2aca269f241be3027d474f682bededbdb', '2026-11-29 10:47:54.896172+00'),
	('accounts', '004_keep_identities.sql', 'c51add1d93e8063d35c72b681dbee2ca3008d9f37bd00380c3cd92f6f64d26a4', '2026-11-29 10:47:54.931964+00'),
	('accounts', '004_second_factors.sql', '167912f63c3e70734a3b85b3f696122591976fee65fe90ab1c65b370909fac80', '2026-11-29 10:47:54.96318+00'),
	('accounts', '005_calendar_links.sql', '9a2db47a64433f77f7e145bd5e454966364e192d3a55313e19ff94dde12d0fa7', '2026-11-29 10:47:54.985439+00'),
	('accounts', '006_show_rows_to_their_user.sql', 'c3fd9fcd76959d299dabf9e8adeb4377ccc3979c8d145f1df76f9a194b371642', '2026-11-29 10:47:55.00859+00'),
	('administration', '001_create_password_resets.sql', '16c26588b67a210fb22468a515a26050771380538c1aeb57105e302f3906ffa1', '2026-11-29 10:47:55.016099+00'),
	('vin', '001_create_vin_cache.sql', 'eb13176f673de30a9e446dec1f4f8abcf254d25b66014b1dc8527eeac2408fff', '2026-11-29 10:47:55.025715+00'),
	('vehicles', '001_create_vehicles.sql', 'ab7d2880b351e2221c1fe291dd70fd31a61a38ab325ec911ff95915f873f5961', '2026-11-29 10:47:55.032344+00'),
	('vehicles', '002_own_vehicles.sql', '0b9b524b5ffd1a3ec5b45fb42fd1f463cc4e67f2fd7246355320fd344a810518', '2026-11-29 10:47:55.046592+00'),
	('vehicles', '003_log_odometer.sql', 'c3a9ac2f328b1a2e90fc0361fd4f7ce01dbbea065c47f561ee4491189483cce6', '2026-11-29 10:47:55.094532+00'),
	('vehicles', '004_show_rows_to_their_user.sql', '1d520946ea02acf9f8dc71c39a717d1e5474c57adbc5cc27caaac5f3d5bad365', '2026-11-29 10:47:55.117542+00'),
	('fuel-logs', '001_create_fuel_logs.sql', '92515c388033fa88687283b5ab77acfafe5caea15113ae99aa4047db432a01e3', '2026-11-29 10:47:55.127533+00'),
	('fuel-logs', '002_keep_economy.sql', '470e11d11e17fe2f267e2ce83777acb96a9f9c85b8314e8f808b52a205cc17a4', '2026-11-29 10:47:55.13769+00'),
	('fuel-logs', '003_keep_fuel_type.sql', '42c6ae6ba67405c5f32552c3855b4f373518f66dbcc557209cc253e8ed644e5a', '2026-11-29 10:47:55.167973+00'),
	('fuel-logs', '003_show_rows_to_their_user.sql', '0990091da67dc3159fad684b3e259b5796a3680fc6f85ae0b1ab4d1f464e71b7', '2026-11-29 10:47:55.177661+00'),
	('maintenance', '001_create_maintenance.sql', '7ed77a09c3f6abaa74fb49b041034bad70d611ce9cd9f7e74b92bb2426c054a4', '2026-11-29 10:47:55.186157+00'),
	('maintenance', '002_repeat_maintenance.sql', 'fbd2b3798d18a2e2ec1abe9b0fbbeb6af447c0fc60793423587c537819eec9ba', '2026-11-29 10:47:55.199227+00'),
	('maintenance', '003_show_rows_to_their_user.sql', '096fa703352b06a352c674f49403ef93924b24ce039a7e2d6bfa73a662f31c7d', '2026-11-29 10:47:55.233312+00'),
	('stations', '001_create_stations.sql', 'b39dd9546a3ac3aba772733a7ef37dca544d975ef5e1a80ade3c82447f6c7400', '2026-11-29 10:47:55.251383+00'),
	('stations', '002_favorites_and_cells.sql', '4f1e879e566d4855e74d0195abdd5b98f3ed3182b1cc7b5a7b37dbe37d1aafe4', '2026-11-29 10:47:55.263533+00'),
	('stations', '003_fill_ups_point_at_stations.sql', 'b31bedaa41dce07a4e185cbacecabf4e77fdb31ea2caeba36bdcf43ad1c0b267', '2026-11-29 10:47:55.284523+00'),
	('stations', '004_keep_imports.sql', 'd4919d686bb73d8443c8a89470779e4922f85c4fd756162ed65c880f6c712039', '2026-11-29 10:47:55.310608+00'),
	('stations', '004_show_rows_to_their_user.sql', '13cffce91726b20fc45d1ab583f4380c15dea84b6a51994375b8694e9ec90b1e', '2026-11-29 10:47:55.328086+00'),
	('stations', '005_find_by_words.sql', '30c170120eb077adddac7f32a1b75919bb612aa1bfa06d43c05ec2df2cb2beaf', '2026-11-29 10:47:55.336419+00'),
	('notifications', '001_create_notifications.sql', '01dd19535369e35d15f35a7f1d9b23d867e3222c1265914da8877aa0da742257', '2026-11-29 10:47:55.352912+00'),
	('notifications', '002_show_rows_to_their_user.sql', 'c1ba7aebab4267d0d6815c78b70cc3ca3043ea8af9133434d7e09c4c3dda179c', '2026-11-29 10:47:55.393316+00');
INSERT INTO public.accounts VALUES
	('01a226eb-2e11-73c3-a4ca-bb234c116e26', 'us@example.org', 'us@example.org', 'Ann O’Neill', '$argon2id$v=19$m=19456,t=2,p=1$gK9OmrLFAObcgmikBJIgeg$2ZUK9Mvbrh9SVnLo7CrUnFGRrMOFplbP+lT+pNtl3H4', true, '2026-11-29 10:47:56.689087+00', '2026-11-29 10:47:56.689087+00', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', NULL),
	('01a226eb-371d-7115-a6cd-4bde45fd66f6', 'de@example.org', 'de@example.org', 'Jürgen Groß', '$argon2id$v=19$m=19456,t=2,p=1$OjzZ+EE4GJEMtSZKwX/Phw$qTXs2CFWmByd9G58UspXnBgEW0I9moHEQYWccShkSOk', false, '2026-11-29 10:47:59.005571+00', '2026-11-29 10:47:59.005571+00', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', NULL),
	('01a226eb-3c2c-7338-8dca-d7e72a565675', 'uk@example.org', 'uk@example.org', 'Zoë', '$argon2id$v=19$m=19456,t=2,p=1$exVBBLCBq4o5V5KxgDDzfw$GvvdZT6ADVKwEFzY0IoBtmGKHFJSYAbnaKoTFXI2P0c', false, '2026-11-29 10:48:00.300891+00', '2026-11-29 10:48:00.300891+00', 'local|01a226eb-3c2c-7338-8dca-d7e72a565675', NULL),
	('01a226eb-3e2e-77e5-a5ee-65a68e029dc4', 'jp@example.org', 'jp@example.org', '山田', '$argon2id$v=19$m=19456,t=2,p=1$sGSgSj/mF4D4myD8RFBUjQ$HPP8GiRiMyZPujazAwwUPGiTg97woOYZx5lOvov5ozo', false, '2026-11-29 10:48:00.814489+00', '2026-11-29 10:48:00.814489+00', 'local|01a226eb-3e2e-77e5-a5ee-65a68e029dc4', NULL),
	('01a226eb-4013-715e-be51-29e8a953bede', 'inactive@example.org', 'inactive@example.org', 'Laid up', '$argon2id$v=19$m=19456,t=2,p=1$RJvd/jZua9X6ps5CLvBfCA$m5WdvTM4r269jq4th8Irtfo6Aiih8qtudaiMIXzUhd4', false, '2026-11-29 10:48:01.2992+00', '2026-11-29 10:48:01.2992+00', 'local|01a226eb-4013-715e-be51-29e8a953bede', NULL);
INSERT INTO public.first_account VALUES
	(true, '01a226eb-2e11-73c3-a4ca-bb234c116e26');
INSERT INTO public.fuel_logs VALUES
	('01a226eb-2f3d-74d2-b5a5-794e3bb97d50', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-01-03', 84421, 8.000, 3.000, 24.00, NULL, NULL, '2026-11-29 10:47:56.989089+00', '2026-11-29 10:47:56.989089+00', true, false, NULL, NULL, NULL, NULL, NULL, 'first', NULL, NULL),
	('01a226eb-2f6f-7419-adad-a371cc39efb2', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-01-12', 84685, 13.377, 2.405, 32.17, NULL, NULL, '2026-11-29 10:47:57.039749+00', '2026-11-29 10:47:57.039749+00', true, false, 264, 264, 13.377, 32.17, 19.74, NULL, NULL, NULL),
	('01a226eb-2f9c-74e5-b442-714db1d786e9', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-01-21', 84905, 12.754, 3.459, 32.05, NULL, NULL, '2026-11-29 10:47:57.084231+00', '2026-11-29 10:47:57.084231+00', true, false, 220, 220, 12.754, 32.05, 17.25, NULL, NULL, NULL),
	('01a226eb-2fcd-7420-9b8f-510c15a60d0d', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-01-30', 85178, 11.131, 4.009, 44.62, 'Corner Gas', NULL, '2026-11-29 10:47:57.133569+00', '2026-11-29 10:47:57.133569+00', true, false, 273, 273, 11.131, 44.62, 24.53, NULL, 'regular', '01a226eb-2ebe-77b7-aaa4-0eb9426cb7a3'),
	('01a226eb-2fec-7192-b38c-5b69ebc24887', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-02-08', 85407, 10.508, 3.499, 36.77, 'Gas & Go – I-70', 'Coupon:
5 ¢ off', '2026-11-29 10:47:57.164381+00', '2026-11-29 10:47:57.164381+00', true, false, 229, 229, 10.508, 36.77, 21.79, NULL, 'premium', NULL),
	('01a226eb-3008-7024-bf24-d777546763f8', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-02-17', 85689, 9.885, 3.305, 32.67, NULL, NULL, '2026-11-29 10:47:57.192822+00', '2026-11-29 10:47:57.192822+00', false, false, 282, NULL, NULL, NULL, NULL, 'partial', NULL, NULL),
	('01a226eb-3017-7665-a224-e57d1bbb7c02', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-02-26', 85927, 8.262, 4.481, 37.02, NULL, NULL, '2026-11-29 10:47:57.207201+00', '2026-11-29 10:47:57.207201+00', true, false, 238, 520, 18.147, 69.69, 28.65, NULL, NULL, NULL),
	('01a226eb-302b-70db-b29f-377aeece5721', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-03-07', 86218, 13.639, 3.459, 30.05, NULL, NULL, '2026-11-29 10:47:57.227296+00', '2026-11-29 10:47:57.227296+00', true, false, 291, 291, 13.639, 30.05, 21.34, NULL, NULL, NULL),
	('01a226eb-3048-74ed-adfb-77c545bfeaee', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-03-16', 86465, 12.016, 4.009, 48.17, 'Corner Gas', NULL, '2026-11-29 10:47:57.2562+00', '2026-11-29 10:47:57.2562+00', true, false, 247, 247, 12.016, 48.17, 20.56, NULL, 'regular', '01a226eb-2ebe-77b7-aaa4-0eb9426cb7a3'),
	('01a226eb-305f-749a-acd9-6055183b7da7', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-03-25', 86765, 11.393, 3.499, 39.86, 'Gas & Go – I-70', 'Coupon:
5 ¢ off', '2026-11-29 10:47:57.279747+00', '2026-11-29 10:47:57.279747+00', true, false, 300, 300, 11.393, 39.86, 26.33, NULL, 'premium', NULL),
	('01a226eb-306a-74bc-81ab-9fd9a68be0f7', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-04-03', 87021, 10.770, 3.610, 38.88, NULL, NULL, '2026-11-29 10:47:57.290203+00', '2026-11-29 10:47:57.290203+00', true, false, 256, 256, 10.770, 38.88, 23.77, NULL, NULL, NULL),
	('01a226eb-30c0-749e-834e-9183cbdf78bf', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-04-12', 87233, 9.147, 3.703, 33.87, NULL, NULL, '2026-11-29 10:47:57.37697+00', '2026-11-29 10:47:57.37697+00', true, false, 212, 212, 9.147, 33.87, 23.18, NULL, NULL, NULL),
	('01a226eb-30dd-734e-bb69-23477efd6e10', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-04-21', 87498, 8.524, 3.459, 35.05, NULL, NULL, '2026-11-29 10:47:57.405446+00', '2026-11-29 10:47:57.405446+00', true, false, 265, 265, 8.524, 35.05, 31.09, NULL, NULL, NULL),
	('01a226eb-30ee-7362-a6be-cee28611e237', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-04-30', 87719, 13.901, 4.009, 55.73, 'Corner Gas', NULL, '2026-11-29 10:47:57.422842+00', '2026-11-29 10:47:57.422842+00', false, true, 221, NULL, NULL, NULL, NULL, 'partial', 'regular', '01a226eb-2ebe-77b7-aaa4-0eb9426cb7a3'),
	('01a226eb-3102-732c-ab7c-538dadad63ce', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-05-09', 87993, 12.278, 3.499, 42.96, 'Gas & Go – I-70', 'Coupon:
5 ¢ off', '2026-11-29 10:47:57.442835+00', '2026-11-29 10:47:57.442835+00', true, false, 274, NULL, NULL, NULL, NULL, 'missed', 'premium', NULL),
	('01a226eb-3118-7171-9cff-a525dbc959b1', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-05-18', 88223, 11.655, 3.915, 45.63, NULL, NULL, '2026-11-29 10:47:57.464246+00', '2026-11-29 10:47:57.464246+00', true, false, 230, 230, 11.655, 45.63, 19.73, NULL, NULL, NULL),
	('01a226eb-3123-778d-8ebb-14feaef92a84', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-05-27', 88506, 10.032, 3.860, 38.72, NULL, NULL, '2026-11-29 10:47:57.475806+00', '2026-11-29 10:47:57.475806+00', true, false, 283, 283, 10.032, 38.72, 28.21, NULL, NULL, NULL),
	('01a226eb-3133-77a0-89ae-9507d6a4415d', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-06-05', 88745, 9.409, 3.459, 33.05, NULL, NULL, '2026-11-29 10:47:57.491062+00', '2026-11-29 10:47:57.491062+00', true, false, 239, 239, 9.409, 33.05, 25.40, NULL, NULL, NULL),
	('01a226eb-313e-714e-a987-190bb7902992', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-06-14', 89037, 8.786, 4.009, 35.22, 'Corner Gas', NULL, '2026-11-29 10:47:57.502011+00', '2026-11-29 10:47:57.502011+00', true, false, 292, 292, 8.786, 35.22, 33.23, NULL, 'regular', '01a226eb-2ebe-77b7-aaa4-0eb9426cb7a3'),
	('01a226eb-3157-703c-a50e-3854919f9d0c', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-07-02', 89285, 12.540, 3.220, 40.38, NULL, NULL, '2026-11-29 10:47:57.527336+00', '2026-11-29 10:47:57.527336+00', true, false, 0, 248, 25.703, 86.44, 9.65, NULL, NULL, NULL),
	('01a226eb-3147-7438-afd8-483348d778ae', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-06-23', 89285, 13.163, 3.499, 46.06, 'Gas & Go – I-70', 'Coupon:
5 ¢ off', '2026-11-29 10:47:57.511258+00', '2026-11-29 10:47:57.527336+00', true, false, 248, NULL, NULL, NULL, NULL, 'same-stop', 'premium', NULL),
	('01a226eb-3166-70a3-ae5b-cedc1401fa17', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-07-11', 89542, 11.917, 2.901, 34.57, NULL, NULL, '2026-11-29 10:47:57.542209+00', '2026-11-29 10:47:57.542209+00', false, false, 257, NULL, NULL, NULL, NULL, 'partial', NULL, NULL),
	('01a226eb-316e-722f-9931-3a3ac721220b', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-07-20', 89755, 10.294, 3.459, 31.05, NULL, NULL, '2026-11-29 10:47:57.550133+00', '2026-11-29 10:47:57.550133+00', true, false, 213, 470, 22.211, 65.62, 21.16, NULL, NULL, NULL),
	('01a226eb-3176-779e-83a2-22c114cc36e1', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-07-29', 90021, 9.671, 4.009, 38.77, 'Corner Gas', NULL, '2026-11-29 10:47:57.558123+00', '2026-11-29 10:47:57.558123+00', true, false, 266, 266, 9.671, 38.77, 27.50, NULL, 'regular', '01a226eb-2ebe-77b7-aaa4-0eb9426cb7a3'),
	('01a226eb-3190-73a5-a15e-5f6f1c89e14e', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-08-07', 90243, 8.048, 3.499, 28.16, 'Gas & Go – I-70', 'Coupon:
5 ¢ off', '2026-11-29 10:47:57.584456+00', '2026-11-29 10:47:57.584456+00', true, false, 222, 222, 8.048, 28.16, 27.58, NULL, 'premium', NULL),
	('01a226eb-3199-7163-958c-ca35547a3d21', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-08-16', 90518, 13.425, 3.525, 47.32, NULL, NULL, '2026-11-29 10:47:57.593804+00', '2026-11-29 10:47:57.593804+00', true, false, 275, 275, 13.425, 47.32, 20.48, NULL, NULL, NULL),
	('01a226eb-31a1-72a2-9f3a-9a63ed813d50', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-08-25', 90749, 12.802, 3.079, 39.42, NULL, NULL, '2026-11-29 10:47:57.60197+00', '2026-11-29 10:47:57.60197+00', true, false, 231, 231, 12.802, 39.42, 18.04, NULL, NULL, NULL),
	('01a226eb-31ad-7757-a972-165a962d3f71', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-09-03', 91033, 11.179, 3.459, 36.05, NULL, NULL, '2026-11-29 10:47:57.613517+00', '2026-11-29 10:47:57.613517+00', true, false, 284, 284, 11.179, 36.05, 25.40, NULL, NULL, NULL),
	('01a226eb-31b7-7386-ae78-9a2fc70514a6', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-09-12', 91273, 10.556, 4.009, 42.32, 'Corner Gas', NULL, '2026-11-29 10:47:57.623562+00', '2026-11-29 10:47:57.623562+00', true, false, 240, 240, 10.556, 42.32, 22.74, NULL, 'regular', '01a226eb-2ebe-77b7-aaa4-0eb9426cb7a3'),
	('01a226eb-31cf-7793-adb5-843f25b0f62f', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-09-21', 91566, 9.933, 3.499, 34.76, 'Gas & Go – I-70', 'Coupon:
5 ¢ off', '2026-11-29 10:47:57.647963+00', '2026-11-29 10:47:57.647963+00', false, false, 293, NULL, NULL, NULL, NULL, 'partial', 'premium', NULL),
	('01a226eb-31de-70a5-a5d6-f12c1b0ef651', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-09-30', 91815, 8.310, 3.830, 31.83, NULL, NULL, '2026-11-29 10:47:57.66285+00', '2026-11-29 10:47:57.66285+00', true, true, 249, NULL, NULL, NULL, NULL, 'missed', NULL, NULL),
	('01a226eb-31ea-778e-8dd5-cfbbfb26a3ac', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-10-09', 92117, 13.687, NULL, NULL, NULL, NULL, '2026-11-29 10:47:57.674449+00', '2026-11-29 10:47:57.674449+00', true, false, 302, 302, 13.687, NULL, 22.06, NULL, NULL, NULL),
	('01a226eb-31f2-77db-b620-6d1cee8eb332', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-10-18', 92375, 12.064, 3.459, 34.05, NULL, NULL, '2026-11-29 10:47:57.682728+00', '2026-11-29 10:47:57.682728+00', true, false, 258, 258, 12.064, 34.05, 21.39, NULL, NULL, NULL),
	('01a226eb-31fe-71e2-b2c6-9014fd67d88e', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-10-27', 92589, 11.441, 4.009, 45.87, 'Corner Gas', NULL, '2026-11-29 10:47:57.694095+00', '2026-11-29 10:47:57.694095+00', true, false, 214, 214, 11.441, 45.87, 18.70, NULL, 'regular', '01a226eb-2ebe-77b7-aaa4-0eb9426cb7a3'),
	('01a226eb-3205-725c-bc93-81d5cf88646c', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-11-05', 92856, 10.818, 3.499, 37.85, 'Gas & Go – I-70', 'Coupon:
5 ¢ off', '2026-11-29 10:47:57.701552+00', '2026-11-29 10:47:57.701552+00', true, false, 267, 267, 10.818, 37.85, 24.68, NULL, 'premium', NULL),
	('01a226eb-320f-70bc-bcf5-db250ca6c5e9', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-11-14', 93079, 9.195, 3.135, 28.83, NULL, NULL, '2026-11-29 10:47:57.711176+00', '2026-11-29 10:47:57.711176+00', true, false, 223, 223, 9.195, 28.83, 24.25, NULL, NULL, NULL),
	('01a226eb-321e-74ac-9030-4a432d895305', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-11-23', 93355, 8.572, 3.630, 31.12, NULL, NULL, '2026-11-29 10:47:57.726988+00', '2026-11-29 10:47:57.726988+00', true, false, 276, 276, 8.572, 31.12, 32.20, NULL, NULL, NULL),
	('01a226eb-322a-74fe-ac14-a87980f3ad78', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-12-02', 93587, 13.949, 3.459, 32.05, NULL, NULL, '2026-11-29 10:47:57.738317+00', '2026-11-29 10:47:57.738317+00', false, false, 232, NULL, NULL, NULL, NULL, 'partial', NULL, NULL),
	('01a226eb-3239-7006-8561-29c88ace81bb', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-12-11', 93872, 12.326, 4.009, 49.41, 'Corner Gas', NULL, '2026-11-29 10:47:57.753173+00', '2026-11-29 10:47:57.753173+00', true, false, 285, 517, 26.275, 81.46, 19.68, NULL, 'regular', '01a226eb-2ebe-77b7-aaa4-0eb9426cb7a3'),
	('01a226eb-3298-748b-a530-6b841847c6c1', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2023-01-16', 94960, 8.834, 3.459, 30.05, NULL, NULL, '2026-11-29 10:47:57.848884+00', '2026-11-29 10:47:57.848884+00', true, false, 303, 303, 8.834, 30.05, 34.30, NULL, NULL, NULL),
	('01a226eb-32cb-76e4-8c80-dbe33304d129', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2023-02-21', 95926, 10.342, 3.173, 32.82, NULL, NULL, '2026-11-29 10:47:57.899598+00', '2026-11-29 10:47:57.899598+00', true, false, 224, 492, 22.307, 77.63, 22.06, NULL, NULL, NULL),
	('01a226eb-33cd-71cc-9d9e-f495c1872d3a', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3396-76b0-b14c-b82de688386e', '2023-03-02', 120600, 11.131, 3.499, 38.95, NULL, NULL, '2026-11-29 10:47:58.157005+00', '2026-11-29 10:47:58.157005+00', true, false, NULL, NULL, NULL, NULL, NULL, 'first', 'diesel', NULL),
	('01a226eb-33f3-7255-972c-985b902509ef', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3396-76b0-b14c-b82de688386e', '2023-04-01', 121320, 8.262, 3.499, 28.91, NULL, NULL, '2026-11-29 10:47:58.195328+00', '2026-11-29 10:47:58.195328+00', true, false, 240, 240, 8.262, 28.91, 29.05, NULL, 'diesel', NULL),
	('01a226eb-340f-705a-b2bc-32791e19f173', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3396-76b0-b14c-b82de688386e', '2023-05-01', 122040, 11.393, 3.499, 39.86, NULL, NULL, '2026-11-29 10:47:58.223286+00', '2026-11-29 10:47:58.223286+00', true, false, 240, 240, 11.393, 39.86, 21.07, NULL, 'diesel', NULL),
	('01a226eb-3431-7694-9c8a-e49fe9eb89b6', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3396-76b0-b14c-b82de688386e', '2023-05-31', 122760, 8.524, 3.499, 29.83, NULL, NULL, '2026-11-29 10:47:58.257589+00', '2026-11-29 10:47:58.257589+00', true, false, 240, 240, 8.524, 29.83, 28.16, NULL, 'diesel', NULL),
	('01a226eb-3472-73c0-956b-e4ce598ac7c6', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3467-7535-a013-621d7c698877', '2021-05-21', 1300, 13.377, 3.499, 46.81, NULL, NULL, '2026-11-29 10:47:58.32288+00', '2026-11-29 10:47:58.32288+00', true, false, 300, 300, 13.377, 46.81, 22.43, NULL, NULL, NULL),
	('01a226eb-349b-76eb-9865-7ffa7def547f', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3467-7535-a013-621d7c698877', '2021-07-20', 1930, 10.508, 3.499, 36.77, NULL, NULL, '2026-11-29 10:47:58.363281+00', '2026-11-29 10:47:58.363281+00', true, false, 330, 330, 10.508, 36.77, 31.40, NULL, NULL, NULL),
	('01a226eb-34d2-74f1-8e28-3acd038e902b', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-34b0-7138-98c1-64d4093865b7', '2021-01-15', 20520, 12.754, 3.499, 44.63, NULL, NULL, '2026-11-29 10:47:58.418914+00', '2026-11-29 10:47:58.418914+00', true, false, 260, 260, 12.754, 44.63, 20.39, NULL, NULL, NULL),
	('01a226eb-37d5-71db-9701-9c48c95ffc1c', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2022-07-13', 80155, 9.407, 6.356, 59.79, NULL, NULL, '2026-11-29 10:47:59.189308+00', '2026-11-29 10:47:59.189308+00', true, false, 321, 321, 9.407, 59.79, 34.12, NULL, 'e10', NULL),
	('01a226eb-3829-727b-82e3-eda7cae1e684', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2022-08-18', 81145, 9.892, 6.583, 65.12, 'Tankstelle Süd', NULL, '2026-11-29 10:47:59.273408+00', '2026-11-29 10:47:59.273408+00', false, false, 334, NULL, NULL, NULL, NULL, 'partial', 'e10', '01a226eb-3765-70d7-a0d0-5c45239e9c1a'),
	('01a226eb-3888-77fa-b456-25fcab768d3f', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2022-09-23', 82118, 10.376, 6.280, 65.16, NULL, NULL, '2026-11-29 10:47:59.36854+00', '2026-11-29 10:47:59.36854+00', true, false, 347, 347, 10.376, 65.16, 33.44, NULL, 'e10', NULL),
	('01a226eb-38ed-762b-9e9b-7d3eaba3fd63', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2022-10-29', 83074, 10.860, 6.507, 70.67, 'Tankstelle Süd', NULL, '2026-11-29 10:47:59.469178+00', '2026-11-29 10:47:59.469178+00', false, false, 304, NULL, NULL, NULL, NULL, 'partial', 'e10', '01a226eb-3765-70d7-a0d0-5c45239e9c1a'),
	('01a226eb-3941-75ab-b985-211c44a36f7c', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2022-12-04', 84070, 11.344, 6.734, 76.39, NULL, NULL, '2026-11-29 10:47:59.553054+00', '2026-11-29 10:47:59.553054+00', true, false, 318, 318, 11.344, 76.39, 28.03, NULL, 'e10', NULL),
	('01a226eb-399e-75c6-ac6b-ae7ec625abcc', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2023-01-09', 85048, 9.451, 6.431, 60.78, 'Tankstelle Süd', NULL, '2026-11-29 10:47:59.646709+00', '2026-11-29 10:47:59.646709+00', false, false, 330, NULL, NULL, NULL, NULL, 'partial', 'e10', '01a226eb-3765-70d7-a0d0-5c45239e9c1a'),
	('01a226eb-3a0f-7007-a71c-eb7db9cb5b96', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2023-02-14', 86066, 9.935, 6.659, 66.16, NULL, NULL, '2026-11-29 10:47:59.759739+00', '2026-11-29 10:47:59.759739+00', true, false, 343, 343, 9.935, 66.16, 34.52, NULL, 'e10', NULL),
	('01a226eb-3a7b-7090-b854-1fa275a9ef61', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2023-03-22', 87011, 10.419, 6.356, 66.22, 'Tankstelle Süd', NULL, '2026-11-29 10:47:59.867716+00', '2026-11-29 10:47:59.867716+00', false, false, 301, NULL, NULL, NULL, NULL, 'partial', 'e10', '01a226eb-3765-70d7-a0d0-5c45239e9c1a'),
	('01a226eb-3cf8-771e-a8a0-ade0677365c3', 'local|01a226eb-3c2c-7338-8dca-d7e72a565675', '01a226eb-3cc9-74a4-b700-06d1a47e7ad6', '2023-01-18', 51774, 7.178, 5.626, 40.38, NULL, NULL, '2026-11-29 10:48:00.504857+00', '2026-11-29 10:48:00.504857+00', true, false, 187, 187, 7.178, 40.38, 26.05, NULL, NULL, NULL),
	('01a226eb-3d20-72ba-83eb-8d1f26ca1adb', 'local|01a226eb-3c2c-7338-8dca-d7e72a565675', '01a226eb-3cc9-74a4-b700-06d1a47e7ad6', '2023-02-11', 52335, 7.445, 5.665, 42.18, NULL, NULL, '2026-11-29 10:48:00.544754+00', '2026-11-29 10:48:00.544754+00', true, false, 187, 187, 7.445, 42.18, 25.12, NULL, NULL, NULL),
	('01a226eb-3d40-72a1-a38e-13f29e3a9993', 'local|01a226eb-3c2c-7338-8dca-d7e72a565675', '01a226eb-3cc9-74a4-b700-06d1a47e7ad6', '2023-03-07', 52896, 7.712, 5.704, 43.99, NULL, NULL, '2026-11-29 10:48:00.576655+00', '2026-11-29 10:48:00.576655+00', true, false, 187, 187, 7.712, 43.99, 24.25, NULL, NULL, NULL),
	('01a226eb-3d56-747c-a01a-543306c6e7b3', 'local|01a226eb-3c2c-7338-8dca-d7e72a565675', '01a226eb-3cc9-74a4-b700-06d1a47e7ad6', '2023-03-31', 53457, 7.979, 5.743, 45.82, NULL, NULL, '2026-11-29 10:48:00.59808+00', '2026-11-29 10:48:00.59808+00', true, false, 187, 187, 7.979, 45.82, 23.44, NULL, NULL, NULL),
	('01a226eb-3d6c-71b9-9ffd-986d037ef16a', 'local|01a226eb-3c2c-7338-8dca-d7e72a565675', '01a226eb-3cc9-74a4-b700-06d1a47e7ad6', '2023-04-24', 54018, 7.246, 5.782, 41.90, NULL, NULL, '2026-11-29 10:48:00.620194+00', '2026-11-29 10:48:00.620194+00', true, false, 187, 187, 7.246, 41.90, 25.81, NULL, NULL, NULL),
	('01a226eb-3e6a-74f9-b772-a24d8199c42c', 'local|01a226eb-3e2e-77e5-a5ee-65a68e029dc4', '01a226eb-3e59-7123-9948-210bbb338daf', '2023-04-15', 60340, 8.123, 643.520, 5227.31, NULL, NULL, '2026-11-29 10:48:00.874065+00', '2026-11-29 10:48:00.874065+00', true, false, 340, 340, 8.123, 5227.31, 41.86, NULL, NULL, NULL),
	('01a226eb-3e94-7346-888a-1f1da2838e59', 'local|01a226eb-3e2e-77e5-a5ee-65a68e029dc4', '01a226eb-3e59-7123-9948-210bbb338daf', '2023-05-27', 61360, 8.492, 643.520, 5464.77, NULL, NULL, '2026-11-29 10:48:00.916929+00', '2026-11-29 10:48:00.916929+00', true, false, 340, 340, 8.492, 5464.77, 40.04, NULL, NULL, NULL),
	('01a226eb-3edb-74e2-ad74-c9ff86d7dad1', 'local|01a226eb-3e2e-77e5-a5ee-65a68e029dc4', '01a226eb-3e59-7123-9948-210bbb338daf', '2023-07-08', 62380, 8.861, 643.520, 5277.00, NULL, NULL, '2026-11-29 10:48:00.987812+00', '2026-11-29 10:48:00.987812+00', true, false, 340, 340, 8.861, 5277.00, 38.37, NULL, NULL, NULL),
	('01a226eb-409c-706b-87a1-a9e66e2782ee', 'local|01a226eb-4013-715e-be51-29e8a953bede', '01a226eb-4081-7257-b1fb-376197c53fa6', '2020-02-01', 90000, 8.000, 3.499, 27.99, NULL, NULL, '2026-11-29 10:48:01.436003+00', '2026-11-29 10:48:01.436003+00', true, false, NULL, NULL, NULL, NULL, NULL, 'first', NULL, NULL),
	('01a226eb-40ee-7249-9c7d-4ca4ce483db8', 'local|01a226eb-4013-715e-be51-29e8a953bede', '01a226eb-4081-7257-b1fb-376197c53fa6', '2020-03-17', 90840, 11.131, 3.499, 38.95, NULL, NULL, '2026-11-29 10:48:01.518105+00', '2026-11-29 10:48:01.518105+00', true, false, 280, 280, 11.131, 38.95, 25.15, NULL, NULL, NULL),
	('01a226eb-325a-7051-9897-6e7f0d2c7cd9', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-12-20', 94113, 11.703, 3.499, 40.95, 'Gas & Go – I-70', 'Coupon:
5 ¢ off', '2026-11-29 10:47:57.786521+00', '2026-11-29 10:47:57.786521+00', true, false, 241, 241, 11.703, 40.95, 20.59, NULL, 'premium', NULL),
	('01a226eb-32a2-74ec-9387-388e4706fd60', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2023-01-25', 95219, 13.211, 4.009, 52.96, 'Corner Gas', NULL, '2026-11-29 10:47:57.858936+00', '2026-11-29 10:47:57.858936+00', true, false, 259, 259, 13.211, 52.96, 19.60, NULL, 'regular', '01a226eb-2ebe-77b7-aaa4-0eb9426cb7a3'),
	('01a226eb-32b8-73d3-bc9b-eb559756ef4d', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2023-02-03', 95434, 12.588, 3.499, 44.05, 'Gas & Go – I-70', 'Coupon:
5 ¢ off', '2026-11-29 10:47:57.880557+00', '2026-11-29 10:47:57.880557+00', true, false, 215, 215, 12.588, 44.05, 17.08, NULL, 'premium', NULL),
	('01a226eb-32d3-709f-ac14-606270e294f9', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2023-03-02', 96203, 9.719, 3.459, 35.05, NULL, NULL, '2026-11-29 10:47:57.907551+00', '2026-11-29 10:47:57.907551+00', true, true, 277, NULL, NULL, NULL, NULL, 'missed', NULL, NULL),
	('01a226eb-33db-710a-bf35-f26de671e832', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3396-76b0-b14c-b82de688386e', '2023-03-12', 120840, 10.508, 3.499, 36.77, NULL, NULL, '2026-11-29 10:47:58.171861+00', '2026-11-29 10:47:58.171861+00', true, false, 240, 240, 10.508, 36.77, 22.84, NULL, 'diesel', NULL),
	('01a226eb-33fa-770f-8c1e-0e0fdfc827b7', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3396-76b0-b14c-b82de688386e', '2023-04-11', 121560, 13.639, 3.499, 47.72, NULL, NULL, '2026-11-29 10:47:58.202895+00', '2026-11-29 10:47:58.202895+00', true, false, 240, 240, 13.639, 47.72, 17.60, NULL, 'diesel', NULL),
	('01a226eb-341d-750a-bfa6-d3d3feae7dc6', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3396-76b0-b14c-b82de688386e', '2023-05-11', 122280, 10.770, 3.499, 37.68, NULL, NULL, '2026-11-29 10:47:58.237401+00', '2026-11-29 10:47:58.237401+00', true, false, 240, 240, 10.770, 37.68, 22.28, NULL, 'diesel', NULL),
	('01a226eb-343c-7192-a2cc-84c0f17188a3', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3396-76b0-b14c-b82de688386e', '2023-06-10', 123000, 13.901, 3.499, 48.64, NULL, NULL, '2026-11-29 10:47:58.268256+00', '2026-11-29 10:47:58.268256+00', true, false, 240, 240, 13.901, 48.64, 17.26, NULL, 'diesel', NULL),
	('01a226eb-347a-70a0-9f68-0b88f9845ea8', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3467-7535-a013-621d7c698877', '2021-06-10', 1250, 12.754, 3.499, 44.63, NULL, NULL, '2026-11-29 10:47:58.330498+00', '2026-11-29 10:47:58.330498+00', true, false, NULL, NULL, NULL, NULL, NULL, 'rollback', NULL, NULL),
	('01a226eb-34b6-76a7-91a4-d09407166051', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-34b0-7138-98c1-64d4093865b7', '2021-01-01', 20000, 8.000, 3.499, 27.99, NULL, NULL, '2026-11-29 10:47:58.390309+00', '2026-11-29 10:47:58.390309+00', true, false, NULL, NULL, NULL, NULL, NULL, 'first', NULL, NULL),
	('01a226eb-3280-719b-a70c-dc4d8be3e9ae', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2023-01-07', 94657, 9.457, 3.909, 36.97, 'Route 66 Fuel', 'Corrected', '2026-11-29 10:47:57.824979+00', '2026-11-29 10:47:58.495523+00', true, false, 250, 250, 9.457, 36.97, 26.44, NULL, NULL, NULL),
	('01a226eb-3802-771c-b10a-c52bbd554e0b', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2022-07-25', 80499, 9.569, 6.431, 61.54, NULL, NULL, '2026-11-29 10:47:59.234236+00', '2026-11-29 10:47:59.234236+00', true, false, 344, 344, 9.569, 61.54, 35.95, NULL, 'e10', NULL),
	('01a226eb-3851-74e1-8940-32fc6a0a56c7', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2022-08-30', 81446, 10.053, 6.659, 66.94, NULL, NULL, '2026-11-29 10:47:59.313884+00', '2026-11-29 10:47:59.313884+00', true, false, 301, 635, 19.945, 132.06, 31.84, NULL, 'e10', NULL),
	('01a226eb-38b2-7713-8416-16c22aa78188', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2022-10-05', 82432, 10.537, 6.356, 66.97, NULL, NULL, '2026-11-29 10:47:59.410205+00', '2026-11-29 10:47:59.410205+00', true, false, 314, 314, 10.537, 66.97, 29.80, NULL, 'e10', NULL),
	('01a226eb-3915-734f-bc3e-2a6b6fa6147c', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2022-11-10', 83402, 11.022, 6.583, 72.56, NULL, NULL, '2026-11-29 10:47:59.509874+00', '2026-11-29 10:47:59.509874+00', true, false, 328, 632, 21.882, 143.23, 28.88, NULL, 'e10', NULL),
	('01a226eb-3965-7261-875d-4f90a76100a3', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2022-12-16', 84410, 11.506, 6.280, 72.26, NULL, NULL, '2026-11-29 10:47:59.589681+00', '2026-11-29 10:47:59.589681+00', true, false, 340, 340, 11.506, 72.26, 29.55, NULL, 'e10', NULL),
	('01a226eb-39c6-77af-b443-87cb9956e21b', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2023-01-21', 85402, 9.612, 6.507, 62.55, NULL, NULL, '2026-11-29 10:47:59.686856+00', '2026-11-29 10:47:59.686856+00', true, false, 354, 684, 19.063, 123.33, 35.88, NULL, 'e10', NULL),
	('01a226eb-3a32-71c7-8826-1d639e1c5919', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2023-02-26', 86377, 10.097, 6.734, 67.99, NULL, NULL, '2026-11-29 10:47:59.794809+00', '2026-11-29 10:47:59.794809+00', true, false, 311, 311, 10.097, 67.99, 30.80, NULL, 'e10', NULL),
	('01a226eb-3ab3-76fe-bc65-50e0c372cd13', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2023-04-03', 87335, 10.581, 6.431, 68.05, NULL, NULL, '2026-11-29 10:47:59.9238+00', '2026-11-29 10:47:59.9238+00', true, false, 324, 625, 21.000, 134.27, 29.76, NULL, 'e10', NULL),
	('01a226eb-3cd9-73e3-969b-613d1abba25c', 'local|01a226eb-3c2c-7338-8dca-d7e72a565675', '01a226eb-3cc9-74a4-b700-06d1a47e7ad6', '2023-01-02', 51400, 5.000, 5.600, 28.00, NULL, NULL, '2026-11-29 10:48:00.473337+00', '2026-11-29 10:48:00.473337+00', true, false, NULL, NULL, NULL, NULL, NULL, 'first', NULL, NULL),
	('01a226eb-3d0c-7232-bc64-b71e58dabf1e', 'local|01a226eb-3c2c-7338-8dca-d7e72a565675', '01a226eb-3cc9-74a4-b700-06d1a47e7ad6', '2023-01-26', 51961, 5.267, 5.639, 29.70, NULL, NULL, '2026-11-29 10:48:00.524297+00', '2026-11-29 10:48:00.524297+00', true, false, 187, 187, 5.267, 29.70, 35.50, NULL, NULL, NULL),
	('01a226eb-3d2d-77cb-9480-dc9da7ed3336', 'local|01a226eb-3c2c-7338-8dca-d7e72a565675', '01a226eb-3cc9-74a4-b700-06d1a47e7ad6', '2023-02-19', 52522, 5.534, 5.678, 31.42, NULL, NULL, '2026-11-29 10:48:00.557772+00', '2026-11-29 10:48:00.557772+00', false, false, 187, NULL, NULL, NULL, NULL, 'partial', NULL, NULL),
	('01a226eb-3d48-74d1-8f44-20f5e4ec2ea8', 'local|01a226eb-3c2c-7338-8dca-d7e72a565675', '01a226eb-3cc9-74a4-b700-06d1a47e7ad6', '2023-03-15', 53083, 5.801, 5.717, 33.16, NULL, NULL, '2026-11-29 10:48:00.584227+00', '2026-11-29 10:48:00.584227+00', true, false, 187, 187, 5.801, 33.16, 32.24, NULL, NULL, NULL),
	('01a226eb-3d5d-712e-a3c2-7c9c429ca250', 'local|01a226eb-3c2c-7338-8dca-d7e72a565675', '01a226eb-3cc9-74a4-b700-06d1a47e7ad6', '2023-04-08', 53644, 5.068, 5.756, 29.17, NULL, NULL, '2026-11-29 10:48:00.605338+00', '2026-11-29 10:48:00.605338+00', true, false, 187, 187, 5.068, 29.17, 36.90, NULL, NULL, NULL),
	('01a226eb-3d73-7787-8a97-0939929ab1ea', 'local|01a226eb-3c2c-7338-8dca-d7e72a565675', '01a226eb-3cc9-74a4-b700-06d1a47e7ad6', '2023-05-02', 54205, 5.335, 5.795, 30.92, NULL, NULL, '2026-11-29 10:48:00.627691+00', '2026-11-29 10:48:00.627691+00', true, false, 187, 187, 5.335, 30.92, 35.05, NULL, NULL, NULL),
	('01a226eb-3e72-74b2-82ba-5ec9b788fc35', 'local|01a226eb-3e2e-77e5-a5ee-65a68e029dc4', '01a226eb-3e59-7123-9948-210bbb338daf', '2023-04-29', 60680, 8.246, 643.520, 5306.47, NULL, NULL, '2026-11-29 10:48:00.882789+00', '2026-11-29 10:48:00.882789+00', true, false, 340, 340, 8.246, 5306.47, 41.23, NULL, NULL, NULL),
	('01a226eb-3ea9-7155-813f-3f8976b5c7e7', 'local|01a226eb-3e2e-77e5-a5ee-65a68e029dc4', '01a226eb-3e59-7123-9948-210bbb338daf', '2023-06-10', 61700, 8.615, 643.520, 5543.92, NULL, NULL, '2026-11-29 10:48:00.937011+00', '2026-11-29 10:48:00.937011+00', true, false, 340, 340, 8.615, 5543.92, 39.47, NULL, NULL, NULL),
	('01a226eb-3ef5-751d-8fa5-826a74bac5b0', 'local|01a226eb-3e2e-77e5-a5ee-65a68e029dc4', '01a226eb-3e59-7123-9948-210bbb338daf', '2023-07-22', 62720, 8.984, 643.520, 5781.38, NULL, NULL, '2026-11-29 10:48:01.013427+00', '2026-11-29 10:48:01.013427+00', true, false, 340, 340, 8.984, 5781.38, 37.85, NULL, NULL, NULL),
	('01a226eb-40b1-77f3-b7f6-ed37f7649b7a', 'local|01a226eb-4013-715e-be51-29e8a953bede', '01a226eb-4081-7257-b1fb-376197c53fa6', '2020-02-16', 90280, 13.377, 3.499, 46.81, NULL, NULL, '2026-11-29 10:48:01.457753+00', '2026-11-29 10:48:01.457753+00', true, false, 280, 280, 13.377, 46.81, 20.93, NULL, NULL, NULL),
	('01a226eb-410c-744b-92d1-3dde14fcfc0c', 'local|01a226eb-4013-715e-be51-29e8a953bede', '01a226eb-4081-7257-b1fb-376197c53fa6', '2020-04-01', 91120, 10.508, 3.499, 36.77, NULL, NULL, '2026-11-29 10:48:01.54863+00', '2026-11-29 10:48:01.54863+00', true, false, 280, 280, 10.508, 36.77, 26.65, NULL, NULL, NULL),
	('01a226eb-3265-70db-8fa9-43fe424e1198', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2022-12-29', 94407, 10.003, 3.999, 40.00, NULL, NULL, '2026-11-29 10:47:57.797451+00', '2026-11-29 10:47:57.80691+00', true, false, 294, 294, 10.003, 40.00, 29.39, NULL, NULL, NULL),
	('01a226eb-32c3-7018-a2ab-c39e6d05064c', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2023-02-12', 95702, 11.965, 3.745, 44.81, NULL, NULL, '2026-11-29 10:47:57.891962+00', '2026-11-29 10:47:57.891962+00', false, false, 268, NULL, NULL, NULL, NULL, 'partial', NULL, NULL),
	('01a226eb-33ea-7200-97ff-9b33c964e0d5', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3396-76b0-b14c-b82de688386e', '2023-03-22', 121080, 9.885, 3.499, 34.59, NULL, NULL, '2026-11-29 10:47:58.186347+00', '2026-11-29 10:47:58.186347+00', true, false, 240, 240, 9.885, 34.59, 24.28, NULL, 'diesel', NULL),
	('01a226eb-3407-70f3-8583-6d49b6fd79a6', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3396-76b0-b14c-b82de688386e', '2023-04-21', 121800, 12.016, 3.499, 42.04, NULL, NULL, '2026-11-29 10:47:58.215543+00', '2026-11-29 10:47:58.215543+00', true, false, 240, 240, 12.016, 42.04, 19.97, NULL, 'diesel', NULL),
	('01a226eb-3425-70fb-9e35-a63a7ab0ee41', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3396-76b0-b14c-b82de688386e', '2023-05-21', 122520, 9.147, 3.499, 32.01, NULL, NULL, '2026-11-29 10:47:58.24591+00', '2026-11-29 10:47:58.24591+00', true, false, 240, 240, 9.147, 32.01, 26.24, NULL, 'diesel', NULL),
	('01a226eb-344e-7175-a65a-bf8021d9edb5', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3396-76b0-b14c-b82de688386e', '2023-06-20', 123240, 12.278, 3.499, 42.96, NULL, NULL, '2026-11-29 10:47:58.28606+00', '2026-11-29 10:47:58.28606+00', true, false, 240, 240, 12.278, 42.96, 19.55, NULL, 'diesel', NULL),
	('01a226eb-346b-7221-b606-7f48029900c2', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3467-7535-a013-621d7c698877', '2021-05-01', 1000, 8.000, 3.499, 27.99, NULL, NULL, '2026-11-29 10:47:58.315672+00', '2026-11-29 10:47:58.315672+00', true, false, NULL, NULL, NULL, NULL, NULL, 'first', NULL, NULL),
	('01a226eb-3492-773e-8162-0070f30989e4', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3467-7535-a013-621d7c698877', '2021-06-30', 1600, 11.131, 3.499, 38.95, NULL, NULL, '2026-11-29 10:47:58.354529+00', '2026-11-29 10:47:58.354529+00', true, false, 350, 350, 11.131, 38.95, 31.44, NULL, NULL, NULL),
	('01a226eb-34c8-714d-b7f8-7e96f6c9b162', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-34b0-7138-98c1-64d4093865b7', '2021-01-08', 20260, 13.377, 3.499, 46.81, NULL, NULL, '2026-11-29 10:47:58.408936+00', '2026-11-29 10:47:58.408936+00', true, false, 260, 260, 13.377, 46.81, 19.44, NULL, NULL, NULL),
	('01a226eb-37b5-70fe-a4fa-4ad511dd3431', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2022-07-01', 79834, 9.246, 6.280, 58.06, NULL, NULL, '2026-11-29 10:47:59.157687+00', '2026-11-29 10:47:59.157687+00', true, false, NULL, NULL, NULL, NULL, NULL, 'first', 'e10', NULL),
	('01a226eb-3816-70a3-af01-e72eaa411104', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2022-08-06', 80811, 9.730, 6.507, 63.31, NULL, NULL, '2026-11-29 10:47:59.254065+00', '2026-11-29 10:47:59.254065+00', true, false, 312, 312, 9.730, 63.31, 32.07, NULL, 'e10', NULL),
	('01a226eb-386f-7275-8d20-118b6620938f', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2022-09-11', 81771, 10.214, 6.734, 68.78, NULL, NULL, '2026-11-29 10:47:59.34323+00', '2026-11-29 10:47:59.34323+00', true, false, 325, 325, 10.214, 68.78, 31.82, NULL, 'e10', NULL),
	('01a226eb-38d3-7026-8a23-835626fcefdd', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2022-10-17', 82770, 10.699, 6.431, 68.81, NULL, NULL, '2026-11-29 10:47:59.443333+00', '2026-11-29 10:47:59.443333+00', true, true, 338, NULL, NULL, NULL, NULL, 'missed', 'e10', NULL),
	('01a226eb-392a-74fa-9cf5-ee5bd2607a26', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2022-11-22', 83752, 11.183, 6.659, 74.47, NULL, NULL, '2026-11-29 10:47:59.530539+00', '2026-11-29 10:47:59.530539+00', true, false, 350, 350, 11.183, 74.47, 31.30, NULL, 'e10', NULL),
	('01a226eb-3982-76f8-8191-92af3596c073', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2022-12-28', 84718, 9.290, 6.356, 59.05, NULL, NULL, '2026-11-29 10:47:59.618341+00', '2026-11-29 10:47:59.618341+00', true, false, 308, 308, 9.290, 59.05, 33.15, NULL, 'e10', NULL),
	('01a226eb-39e1-7204-a3fd-981e2eb061ad', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2023-02-02', 85723, 9.774, 6.583, 64.34, NULL, NULL, '2026-11-29 10:47:59.713641+00', '2026-11-29 10:47:59.713641+00', true, false, 321, 321, 9.774, 64.34, 32.84, NULL, 'e10', NULL),
	('01a226eb-3a53-7470-9c30-f6191747f39e', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', '2023-03-10', 86710, 10.258, 6.280, 64.42, NULL, NULL, '2026-11-29 10:47:59.82713+00', '2026-11-29 10:47:59.82713+00', true, false, 333, 333, 10.258, 64.42, 32.46, NULL, 'e10', NULL),
	('01a226eb-3cec-7550-bbea-1616c98ad97e', 'local|01a226eb-3c2c-7338-8dca-d7e72a565675', '01a226eb-3cc9-74a4-b700-06d1a47e7ad6', '2023-01-10', 51587, 6.089, 5.613, 34.18, NULL, NULL, '2026-11-29 10:48:00.492229+00', '2026-11-29 10:48:00.492229+00', true, false, 187, 187, 6.089, 34.18, 30.71, NULL, NULL, NULL),
	('01a226eb-3d19-75cf-bbeb-3edffb3a7680', 'local|01a226eb-3c2c-7338-8dca-d7e72a565675', '01a226eb-3cc9-74a4-b700-06d1a47e7ad6', '2023-02-03', 52148, 6.356, 5.652, 35.92, NULL, NULL, '2026-11-29 10:48:00.537212+00', '2026-11-29 10:48:00.537212+00', true, false, 187, 187, 6.356, 35.92, 29.42, NULL, NULL, NULL),
	('01a226eb-3d39-72bd-8421-5261c4a07351', 'local|01a226eb-3c2c-7338-8dca-d7e72a565675', '01a226eb-3cc9-74a4-b700-06d1a47e7ad6', '2023-02-27', 52709, 6.623, 5.691, 37.69, NULL, NULL, '2026-11-29 10:48:00.569122+00', '2026-11-29 10:48:00.569122+00', true, false, 187, 374, 12.157, 69.11, 30.76, NULL, NULL, NULL),
	('01a226eb-3d4d-7222-bff1-527011df0ddc', 'local|01a226eb-3c2c-7338-8dca-d7e72a565675', '01a226eb-3cc9-74a4-b700-06d1a47e7ad6', '2023-03-23', 53270, 6.890, 5.730, 39.48, NULL, NULL, '2026-11-29 10:48:00.589689+00', '2026-11-29 10:48:00.589689+00', true, false, 187, 187, 6.890, 39.48, 27.14, NULL, NULL, NULL),
	('01a226eb-3d65-70b0-bc34-64078334801e', 'local|01a226eb-3c2c-7338-8dca-d7e72a565675', '01a226eb-3cc9-74a4-b700-06d1a47e7ad6', '2023-04-16', 53831, 6.157, 5.769, 35.52, NULL, NULL, '2026-11-29 10:48:00.613202+00', '2026-11-29 10:48:00.613202+00', true, false, 187, 187, 6.157, 35.52, 30.37, NULL, NULL, NULL),
	('01a226eb-3e60-70d9-b4b5-3f1567776c1a', 'local|01a226eb-3e2e-77e5-a5ee-65a68e029dc4', '01a226eb-3e59-7123-9948-210bbb338daf', '2023-04-01', 60000, 8.000, 643.520, 5148.16, NULL, NULL, '2026-11-29 10:48:00.864802+00', '2026-11-29 10:48:00.864802+00', true, false, NULL, NULL, NULL, NULL, NULL, 'first', NULL, NULL),
	('01a226eb-3e7c-705f-851f-beef79e8dd55', 'local|01a226eb-3e2e-77e5-a5ee-65a68e029dc4', '01a226eb-3e59-7123-9948-210bbb338daf', '2023-05-13', 61020, 8.369, 643.520, 5233.00, NULL, NULL, '2026-11-29 10:48:00.892981+00', '2026-11-29 10:48:00.892981+00', true, false, 340, 340, 8.369, 5233.00, 40.63, NULL, NULL, NULL),
	('01a226eb-3ec6-70ea-86d5-2495dc516b86', 'local|01a226eb-3e2e-77e5-a5ee-65a68e029dc4', '01a226eb-3e59-7123-9948-210bbb338daf', '2023-06-24', 62040, 8.738, 643.520, 5623.08, NULL, NULL, '2026-11-29 10:48:00.966203+00', '2026-11-29 10:48:00.966203+00', true, false, 340, 340, 8.738, 5623.08, 38.91, NULL, NULL, NULL),
	('01a226eb-3f0b-7240-a054-c74b6ec82bf6', 'local|01a226eb-3e2e-77e5-a5ee-65a68e029dc4', '01a226eb-3e59-7123-9948-210bbb338daf', '2023-08-05', 63060, 8.107, 643.520, 5217.02, NULL, NULL, '2026-11-29 10:48:01.035014+00', '2026-11-29 10:48:01.035014+00', true, false, 340, 340, 8.107, 5217.02, 41.94, NULL, NULL, NULL),
	('01a226eb-40ce-7551-883d-1d7fe549c7cd', 'local|01a226eb-4013-715e-be51-29e8a953bede', '01a226eb-4081-7257-b1fb-376197c53fa6', '2020-03-02', 90560, 12.754, 3.499, 44.63, NULL, NULL, '2026-11-29 10:48:01.486957+00', '2026-11-29 10:48:01.486957+00', true, false, 280, 280, 12.754, 44.63, 21.95, NULL, NULL, NULL);
INSERT INTO public.guess_budgets VALUES
	('65d25eea9cd8d15f8d9b3d371dc9d99628878a29c0cf9efc3e1a1307695445e6', '1795949275997840 1795949278507433 1795949280037783 1795949280670798 1795949281082385', '2026-11-29 11:48:01.082385+00');
INSERT INTO public.known_devices VALUES
	('\xe73065bec308284096a631bb4799797fadc891a2761664041cc605fe61a837ec', '01a226eb-2e11-73c3-a4ca-bb234c116e26', '127.0.0.1', '2026-11-29 10:47:56.743179+00'),
	('\xe70079b78c287d903764445adf583b8ef51fabf2a8ca6b8f778ea63bfd59d36b', '01a226eb-371d-7115-a6cd-4bde45fd66f6', '127.0.0.1', '2026-11-29 10:47:59.014059+00'),
	('\x5edce1fc22cfc73e2159c787914ac6d4e2cbc63909f175eaef17256d578b2edd', '01a226eb-3c2c-7338-8dca-d7e72a565675', '127.0.0.1', '2026-11-29 10:48:00.336997+00'),
	('\xf6e1e7a648849a609eb4b0828ab1cad2345274372c01747f8de3f829b1fbc322', '01a226eb-3e2e-77e5-a5ee-65a68e029dc4', '127.0.0.1', '2026-11-29 10:48:00.82252+00'),
	('\x6a256123b39a636c44a4e858dd0d04c5e3adb2de2bad592336c58c2a8cfc4608', '01a226eb-4013-715e-be51-29e8a953bede', '127.0.0.1', '2026-11-29 10:48:01.30625+00');
INSERT INTO public.maintenance VALUES
	('01a226eb-32ff-738a-84dc-d032b67d0421', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', 'oil_change', '0W-20', '2022-06-01', 88000, '2022-06-04', 88700, 64.95, 'Quick Lube', 'Filter, too', true, '2026-11-29 10:47:57.951707+00', '2026-11-29 10:47:57.981444+00', 6, 5000, '2022-06-01', 0, 88000, NULL),
	('01a226eb-3334-7763-9e24-42b58fcb2001', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', 'oil_change', '0W-20', '2022-12-04', 93700, NULL, NULL, NULL, 'Quick Lube', NULL, false, '2026-11-29 10:47:57.981444+00', '2026-11-29 10:47:57.981444+00', 6, 5000, '2022-06-04', 6, 93700, '01a226eb-32ff-738a-84dc-d032b67d0421'),
	('01a226eb-334e-703c-bee6-e73950672822', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', 'tire_rotation', NULL, NULL, NULL, '2022-03-31', 86900, 0.00, NULL, NULL, true, '2026-11-29 10:47:58.030195+00', '2026-11-29 10:47:58.030195+00', NULL, NULL, NULL, 0, NULL, NULL),
	('01a226eb-3359-76d8-88ff-6485896359fd', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', 'registration_renewal', NULL, '2061-01-31', NULL, NULL, NULL, NULL, NULL, NULL, false, '2026-11-29 10:47:58.041153+00', '2026-11-29 10:47:58.041153+00', 12, NULL, '2061-01-31', 0, NULL, NULL),
	('01a226eb-3364-76c0-aca9-3e25f8af3233', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', 'timing_belt', NULL, NULL, 150000, NULL, NULL, NULL, NULL, NULL, false, '2026-11-29 10:47:58.052988+00', '2026-11-29 10:47:58.052988+00', NULL, NULL, NULL, 0, 150000, NULL),
	('01a226eb-3372-73b6-85bc-07e32f1c0748', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', 'wash_and_wax', NULL, '2060-02-29', NULL, NULL, NULL, NULL, NULL, NULL, false, '2026-11-29 10:47:58.066091+00', '2026-11-29 10:47:58.073539+00', 1, NULL, '2023-01-31', 0, NULL, NULL),
	('01a226eb-345c-72aa-a058-0882e113c24a', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3396-76b0-b14c-b82de688386e', 'oil_change', NULL, '2024-01-15', 130000, NULL, NULL, NULL, NULL, NULL, false, '2026-11-29 10:47:58.295679+00', '2026-11-29 10:47:58.295679+00', 12, 10000, '2024-01-15', 0, 130000, NULL),
	('01a226eb-345d-7762-83b6-bf4b693fe3c3', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3396-76b0-b14c-b82de688386e', 'tire_rotation', NULL, '2024-01-15', 130000, NULL, NULL, NULL, NULL, NULL, false, '2026-11-29 10:47:58.295679+00', '2026-11-29 10:47:58.295679+00', 12, 10000, '2024-01-15', 0, 130000, NULL),
	('01a226eb-345e-73d3-8486-5b07ac0d63a1', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3396-76b0-b14c-b82de688386e', 'multi_point_inspection', NULL, '2024-01-15', 130000, NULL, NULL, NULL, NULL, NULL, false, '2026-11-29 10:47:58.295679+00', '2026-11-29 10:47:58.295679+00', 12, 10000, '2024-01-15', 0, 130000, NULL),
	('01a226eb-345e-73d3-8486-5b08b7ef3157', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3396-76b0-b14c-b82de688386e', 'cabin_air_filter', NULL, '2025-01-15', 140000, NULL, NULL, NULL, NULL, NULL, false, '2026-11-29 10:47:58.295679+00', '2026-11-29 10:47:58.295679+00', 24, 20000, '2025-01-15', 0, 140000, NULL),
	('01a226eb-345f-730c-ae4e-e8b77676ae0c', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3396-76b0-b14c-b82de688386e', 'engine_air_filter', NULL, '2026-01-15', 150000, NULL, NULL, NULL, NULL, NULL, false, '2026-11-29 10:47:58.295679+00', '2026-11-29 10:47:58.295679+00', 36, 30000, '2026-01-15', 0, 150000, NULL),
	('01a226eb-345f-730c-ae4e-e8b80100bff0', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3396-76b0-b14c-b82de688386e', 'brake_fluid', NULL, '2026-01-15', NULL, NULL, NULL, NULL, NULL, NULL, false, '2026-11-29 10:47:58.295679+00', '2026-11-29 10:47:58.295679+00', 36, NULL, '2026-01-15', 0, NULL, NULL),
	('01a226eb-3460-70d6-8a0c-71b27e437d77', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3396-76b0-b14c-b82de688386e', 'spark_plugs', NULL, NULL, 200000, NULL, NULL, NULL, NULL, NULL, false, '2026-11-29 10:47:58.295679+00', '2026-11-29 10:47:58.295679+00', NULL, 100000, NULL, 0, 200000, NULL),
	('01a226eb-3460-70d6-8a0c-71b3f84788ae', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3396-76b0-b14c-b82de688386e', 'coolant', NULL, '2033-01-15', 200000, NULL, NULL, NULL, NULL, NULL, false, '2026-11-29 10:47:58.295679+00', '2026-11-29 10:47:58.295679+00', 120, 100000, '2033-01-15', 0, 200000, NULL),
	('01a226eb-3460-70d6-8a0c-71b40c40f049', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3396-76b0-b14c-b82de688386e', 'transmission_fluid', NULL, '2033-01-15', 150000, NULL, NULL, NULL, NULL, NULL, false, '2026-11-29 10:47:58.295679+00', '2026-11-29 10:47:58.295679+00', 120, 150000, '2033-01-15', 0, 150000, NULL),
	('01a226eb-34da-7121-9970-0deb9d47fddb', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-34b0-7138-98c1-64d4093865b7', 'brake_fluid', NULL, '2021-05-05', NULL, NULL, NULL, NULL, NULL, NULL, false, '2026-11-29 10:47:58.426642+00', '2026-11-29 10:47:58.426642+00', NULL, NULL, '2021-05-05', 0, NULL, NULL),
	('01a226eb-3ac5-73a9-86ac-b5abf4f857be', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', 'oil_change', NULL, '2022-09-01', NULL, '2022-09-10', 81300, 189.90, NULL, NULL, true, '2026-11-29 10:47:59.941898+00', '2026-11-29 10:47:59.961266+00', 12, 9321, '2022-09-01', 0, NULL, NULL),
	('01a226eb-3aea-74eb-932e-1f2d9e2df545', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', 'oil_change', NULL, '2023-09-10', 90621, NULL, NULL, NULL, NULL, NULL, false, '2026-11-29 10:47:59.961266+00', '2026-11-29 10:47:59.961266+00', 12, 9321, '2022-09-10', 12, 90621, '01a226eb-3ac5-73a9-86ac-b5abf4f857be'),
	('01a226eb-3af3-7742-880b-fa1cc3ab6c2c', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3798-7469-8eb5-7da9304df6e1', 'hauptuntersuchung', NULL, '2060-03-31', NULL, NULL, NULL, NULL, NULL, NULL, false, '2026-11-29 10:47:59.987859+00', '2026-11-29 10:47:59.987859+00', 24, NULL, '2060-03-31', 0, NULL, NULL),
	('01a226eb-3d7a-7717-95cc-ae9709f3a47b', 'local|01a226eb-3c2c-7338-8dca-d7e72a565675', '01a226eb-3cc9-74a4-b700-06d1a47e7ad6', 'mot_test', NULL, '2023-11-05', NULL, NULL, NULL, NULL, NULL, NULL, false, '2026-11-29 10:48:00.634678+00', '2026-11-29 10:48:00.634678+00', 12, NULL, '2023-11-05', 0, NULL, NULL),
	('01a226eb-3d82-72e0-b92b-8f9fd89a0c68', 'local|01a226eb-3c2c-7338-8dca-d7e72a565675', '01a226eb-3cc9-74a4-b700-06d1a47e7ad6', 'oil_change', NULL, NULL, 55000, NULL, NULL, NULL, NULL, NULL, false, '2026-11-29 10:48:00.642072+00', '2026-11-29 10:48:00.649416+00', NULL, 3000, NULL, 0, 55000, NULL),
	('01a226eb-3f21-7081-ad2a-c409eb9f3b22', 'local|01a226eb-3e2e-77e5-a5ee-65a68e029dc4', '01a226eb-3e59-7123-9948-210bbb338daf', 'shaken', NULL, NULL, NULL, '2023-06-01', 61000, 98000.00, NULL, NULL, true, '2026-11-29 10:48:01.057725+00', '2026-11-29 10:48:01.057725+00', NULL, NULL, NULL, 0, NULL, NULL),
	('01a226eb-411d-7134-baa3-3f3483447ff1', 'local|01a226eb-4013-715e-be51-29e8a953bede', '01a226eb-4081-7257-b1fb-376197c53fa6', 'battery', NULL, '2020-06-01', NULL, NULL, NULL, NULL, NULL, NULL, false, '2026-11-29 10:48:01.565486+00', '2026-11-29 10:48:01.565486+00', NULL, NULL, '2020-06-01', 0, NULL, NULL);
INSERT INTO public.odometer_readings VALUES
	('01a226eb-32ed-7759-a8df-c30a2f7fd017', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2f21-753d-bfcd-33e123d1f7b6', '2023-03-09', 96243, NULL, 'At the inspection', '2026-11-29 10:47:57.915788+00'),
	('01a226eb-33b2-75bc-a1a6-a1c743f1c10d', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3396-76b0-b14c-b82de688386e', '2023-02-01', 98100, NULL, NULL, '2026-11-29 10:47:58.113111+00'),
	('01a226eb-33c5-77a0-b62e-b95b92db1d6d', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-3396-76b0-b14c-b82de688386e', '2023-03-01', 120500, 98400, 'Used instrument cluster', '2026-11-29 10:47:58.14493+00'),
	('01a226eb-3b18-7618-9584-fff5aa357539', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3b06-7449-be91-47e13566b007', '2023-05-05', 1234, NULL, NULL, '2026-11-29 10:48:00.0134+00');
INSERT INTO public.security_events VALUES
	('01a226eb-2e44-75b7-b02e-71fc9a929fcc', '2026-11-29 10:47:56.689087+00', 'registered', '01a226eb-2e11-73c3-a4ca-bb234c116e26', NULL, '127.0.0.1', 'Python-urllib/3.11', NULL),
	('01a226eb-2e56-76d8-83dc-fd43960cde16', '2026-11-29 10:47:56.743179+00', 'signed-in', '01a226eb-2e11-73c3-a4ca-bb234c116e26', NULL, '127.0.0.1', 'Python-urllib/3.11', NULL),
	('01a226eb-3725-746c-9912-5cdf990576a6', '2026-11-29 10:47:59.005571+00', 'registered', '01a226eb-371d-7115-a6cd-4bde45fd66f6', NULL, '127.0.0.1', 'Python-urllib/3.11', NULL),
	('01a226eb-3728-75a1-8fd4-55db22042ce1', '2026-11-29 10:47:59.014059+00', 'signed-in', '01a226eb-371d-7115-a6cd-4bde45fd66f6', NULL, '127.0.0.1', 'Python-urllib/3.11', NULL),
	('01a226eb-3c47-7358-b4d0-cd3022aededb', '2026-11-29 10:48:00.300891+00', 'registered', '01a226eb-3c2c-7338-8dca-d7e72a565675', NULL, '127.0.0.1', 'Python-urllib/3.11', NULL),
	('01a226eb-3c5a-7622-be1d-ce77a1d27944', '2026-11-29 10:48:00.336997+00', 'signed-in', '01a226eb-3c2c-7338-8dca-d7e72a565675', NULL, '127.0.0.1', 'Python-urllib/3.11', NULL),
	('01a226eb-3e35-734e-bb7e-868b29e6a42b', '2026-11-29 10:48:00.814489+00', 'registered', '01a226eb-3e2e-77e5-a5ee-65a68e029dc4', NULL, '127.0.0.1', 'Python-urllib/3.11', NULL),
	('01a226eb-3e3b-73db-84ba-5483b5128149', '2026-11-29 10:48:00.82252+00', 'signed-in', '01a226eb-3e2e-77e5-a5ee-65a68e029dc4', NULL, '127.0.0.1', 'Python-urllib/3.11', NULL),
	('01a226eb-4019-7579-b01b-0514f4eae991', '2026-11-29 10:48:01.2992+00', 'registered', '01a226eb-4013-715e-be51-29e8a953bede', NULL, '127.0.0.1', 'Python-urllib/3.11', NULL),
	('01a226eb-401c-75c6-95fa-e202d5844126', '2026-11-29 10:48:01.30625+00', 'signed-in', '01a226eb-4013-715e-be51-29e8a953bede', NULL, '127.0.0.1', 'Python-urllib/3.11', NULL);
INSERT INTO public.sessions VALUES
	('\xdde2695443ad8df2480b221b3271f20e77ecea54b7bde1b85ca7f80d907caaa1', '01a226eb-2e11-73c3-a4ca-bb234c116e26', '2026-11-29 10:47:56.743179+00', '2026-11-29 10:47:56.743179+00', '2027-02-27 10:47:56.743179+00', '01a226eb-2e4c-76b7-90f0-e908bd9a3cae', 'Python-urllib/3.11', NULL),
	('\x668b789684630e230ee78c08e2a2938cadf9840f6917ec33460622802110948f', '01a226eb-371d-7115-a6cd-4bde45fd66f6', '2026-11-29 10:47:59.014059+00', '2026-11-29 10:47:59.014059+00', '2027-02-27 10:47:59.014059+00', '01a226eb-3726-7102-a373-7bf9fbb77713', 'Python-urllib/3.11', NULL),
	('\xedc5df9722e9b2ae2c9c0ec26da99f213f32bb05dd8af15deb016c88663b664b', '01a226eb-3c2c-7338-8dca-d7e72a565675', '2026-11-29 10:48:00.336997+00', '2026-11-29 10:48:00.336997+00', '2027-02-27 10:48:00.336997+00', '01a226eb-3c52-7486-b08e-96b1494ec61f', 'Python-urllib/3.11', NULL),
	('\x1e4e633f5f00e0f35325bdd36df1d8559b7899f3353595c9159d1dd2efcc9bcd', '01a226eb-3e2e-77e5-a5ee-65a68e029dc4', '2026-11-29 10:48:00.82252+00', '2026-11-29 10:48:00.82252+00', '2027-02-27 10:48:00.82252+00', '01a226eb-3e38-7155-87c2-0a4d6660bc07', 'Python-urllib/3.11', NULL),
	('\x2fa1aacee85e8bc9a894daf7998e4d168466dd67ee0c28205627736116e16d0f', '01a226eb-4013-715e-be51-29e8a953bede', '2026-11-29 10:48:01.30625+00', '2026-11-29 10:48:01.30625+00', '2027-02-27 10:48:01.30625+00', '01a226eb-401a-7384-9d9e-11db434e0bd5', 'Python-urllib/3.11', NULL);
INSERT INTO public.station_favorites VALUES
	('local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '01a226eb-2ebe-77b7-aaa4-0eb9426cb7a3', 'Cheap on Tuesdays.
Cash only.', '2026-11-29 10:47:56.912461+00'),
	('local|01a226eb-371d-7115-a6cd-4bde45fd66f6', '01a226eb-3765-70d7-a0d0-5c45239e9c1a', 'Günstig', '2026-11-29 10:47:59.114108+00');
INSERT INTO public.stations VALUES
	('01a226eb-2ebe-77b7-aaa4-0eb9426cb7a3', NULL, 'Corner Gas', '12 Main St, Denver, CO 80202', 39.73915000, -104.98470000, '+1 303 555 0100', 'https://corner.example', '2026-11-29 10:47:56.86299+00', '2026-11-29 10:47:56.86299+00', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', NULL, 'Shell', 'regular premium diesel', 'corner gas shell 12 main st, denver, co 80202', 18678300),
	('01a226eb-3765-70d7-a0d0-5c45239e9c1a', NULL, 'Tankstelle Süd', NULL, 48.13715400, 11.57612400, NULL, NULL, '2026-11-29 10:47:59.077286+00', '2026-11-29 10:47:59.077286+00', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', NULL, 'Aral', 'e5 e10 diesel', 'tankstelle süd aral', 19890231);
INSERT INTO public.user_preferences VALUES
	('local|01a226eb-2e11-73c3-a4ca-bb234c116e26', 'mi', 'gal_us', 'mpg_us', 'USD', 'America/Denver', 'dark', '2026-11-29 10:47:56.8174+00'),
	('local|01a226eb-371d-7115-a6cd-4bde45fd66f6', 'km', 'l', 'l_per_100km', 'EUR', 'Europe/Berlin', 'light', '2026-11-29 10:47:59.047913+00'),
	('local|01a226eb-3c2c-7338-8dca-d7e72a565675', 'mi', 'gal_uk', 'mpg_uk', 'GBP', 'Europe/London', 'system', '2026-11-29 10:48:00.408442+00'),
	('local|01a226eb-3e2e-77e5-a5ee-65a68e029dc4', 'km', 'l', 'km_per_l', 'JPY', 'Asia/Tokyo', 'system', '2026-11-29 10:48:00.844623+00'),
	('local|01a226eb-4013-715e-be51-29e8a953bede', 'mi', 'gal_us', 'mpg_us', 'CAD', 'America/Toronto', 'system', '2026-11-29 10:48:01.338449+00');
INSERT INTO public.vehicles VALUES
	('01a226eb-3cc9-74a4-b700-06d1a47e7ad6', 'local|01a226eb-3c2c-7338-8dca-d7e72a565675', 'SARRAFBBAJP000001', 'Rover', 'Mini', 1998, 'Mini', NULL, NULL, 54205, true, NULL, '2026-11-29 10:48:00.457242+00', '2026-11-29 10:48:00.627691+00'),
	('01a226eb-2f21-753d-bfcd-33e123d1f7b6', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '1HGCM82633A004352', 'Honda', 'Accord', 2003, 'Accord', 'Graphite', 'ABC-123', 96243, true, NULL, '2026-11-29 10:47:56.961754+00', '2026-11-29 10:47:57.915788+00'),
	('01a226eb-3e59-7123-9948-210bbb338daf', 'local|01a226eb-3e2e-77e5-a5ee-65a68e029dc4', 'JTDKN3DU8A0000001', 'Toyota', 'Prius', 2010, 'プリウス', NULL, NULL, 63060, true, NULL, '2026-11-29 10:48:00.857354+00', '2026-11-29 10:48:01.035014+00'),
	('01a226eb-4081-7257-b1fb-376197c53fa6', 'local|01a226eb-4013-715e-be51-29e8a953bede', '2HGES16512H500001', 'Honda', 'Civic', 2002, 'Laid up', NULL, NULL, 91120, false, NULL, '2026-11-29 10:48:01.409359+00', '2026-11-29 10:48:01.54863+00'),
	('01a226eb-3798-7469-8eb5-7da9304df6e1', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', 'WVWZZZ1KZ8W000001', 'Volkswagen', 'Golf', 2008, 'Golf', NULL, 'M-AB 1234', 87335, true, NULL, '2026-11-29 10:47:59.128842+00', '2026-11-29 10:47:59.9238+00'),
	('01a226eb-3b06-7449-be91-47e13566b007', 'local|01a226eb-371d-7115-a6cd-4bde45fd66f6', 'ZAPC3810000000001', 'Piaggio', 'Vespa', 2019, 'Roller', NULL, NULL, 1234, true, NULL, '2026-11-29 10:48:00.006192+00', '2026-11-29 10:48:00.0134+00'),
	('01a226eb-3396-76b0-b14c-b82de688386e', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '1FTEW1EP6JFA12345', 'Ford', 'F-150', 2018, 'Truck', NULL, NULL, 123240, true, NULL, '2026-11-29 10:47:58.102631+00', '2026-11-29 10:47:58.28606+00'),
	('01a226eb-3467-7535-a013-621d7c698877', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '1G1YY22GX65100001', 'Chevrolet', 'Corvette', 2006, NULL, NULL, NULL, 1930, true, NULL, '2026-11-29 10:47:58.311354+00', '2026-11-29 10:47:58.363281+00'),
	('01a226eb-34b0-7138-98c1-64d4093865b7', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '5YJSA1E27HF000337', 'Tesla', 'Model S', 2017, 'Sold', NULL, NULL, 20520, true, '2026-11-29 10:47:58.435108+00', '2026-11-29 10:47:58.384038+00', '2026-11-29 10:47:58.435108+00'),
	('01a226eb-34fc-7395-8582-8b5dbe641654', 'local|01a226eb-2e11-73c3-a4ca-bb234c116e26', '2T1BURHEXJC000001', 'Toyota', 'Corolla', 2018, 'Restored', NULL, NULL, 5, true, NULL, '2026-11-29 10:47:58.460866+00', '2026-11-29 10:47:58.475231+00');
INSERT INTO public.vin_cache VALUES
	('1HGCM82633A004352', 'Honda', 'Accord', 2003, '3.0 L V6', 'Coupe', '{"Count": 1, "Tables": "2026-10", "Message": "Decoded without asking anyone", "Results": [{"VIN": "1HGCM82633A004352", "GVWR": "Class 1C: 4,001 - 5,000 lb (1,814 - 2,268 kg)", "Make": "HONDA", "Trim": "EX-V6", "Doors": "2", "Model": "Accord", "BedType": "Not Applicable", "BusType": "Not Applicable", "GVWR_to": "Class 1: 6,000 lb or less (2,722 kg or less)", "EngineHP": "240", "BodyClass": "Coupe", "ErrorCode": "0", "ErrorText": "0 - VIN decoded clean. Check Digit (9th position) is correct", "ModelYear": "2003", "PlantCity": "MARYSVILLE", "PlantState": "OHIO", "BodyCabType": "Not Applicable", "EngineModel": "J30A4", "TrailerType": "Not Applicable", "VehicleType": "PASSENGER CAR", "Manufacturer": "AMERICAN HONDA MOTOR CO., INC.", "PlantCountry": "UNITED STATES (USA)", "SeatBeltsAll": "Manual", "SuggestedVIN": "", "AirBagLocSide": "1st Row (Driver and Passenger)", "DisplacementL": "2.998832712", "AirBagLocFront": "1st Row (Driver and Passenger)", "DisplacementCC": "2998.832712", "DisplacementCI": "183", "PossibleValues": "", "EngineCylinders": "6", "FuelTypePrimary": "Gasoline", "TrailerBodyType": "Not Applicable", "AirBagLocCurtain": "1st and 2nd Rows", "ValveTrainDesign": "Single Overhead Cam (SOHC)", "TransmissionStyle": "Automatic", "VehicleDescriptor": "1HGCM826*3A", "BusFloorConfigType": "Not Applicable", "TransmissionSpeeds": "5", "AdditionalErrorText": "", "EngineConfiguration": "V-Shaped", "CustomMotorcycleType": "Not Applicable", "MotorcycleChassisType": "Not Applicable", "MotorcycleSuspensionType": "Not Applicable", "OtherRestraintSystemInfo": "Seat Belt (Rr center position)"}], "SearchCriteria": "VIN:1HGCM82633A004352"}', '2026-11-29 10:47:56.940891+00'),
	('1FTEW1EP6JFA12345', 'Ford', 'F-150', 2018, '2.7 L V6', 'Pickup', '{"Count": 1, "Tables": "2026-10", "Message": "Decoded without asking anyone", "Results": [{"VIN": "1FTEW1EP6JFA12345", "GVWR": "Class 2E: 6,001 - 7,000 lb (2,722 - 3,175 kg)", "Make": "FORD", "TPMS": "Direct", "Model": "F-150", "BusType": "Not Applicable", "EngineHP": "325", "BodyClass": "Pickup", "DriveType": "4WD/4-Wheel Drive/4x4", "ErrorCode": "0", "ErrorText": "0 - VIN decoded clean. Check Digit (9th position) is correct", "ModelYear": "2018", "PlantCity": "DEARBORN", "PlantState": "MICHIGAN", "BodyCabType": "Crew/Super Crew/Crew Max", "EngineModel": "2.7L-4V", "TrailerType": "Not Applicable", "VehicleType": "TRUCK", "Manufacturer": "FORD MOTOR COMPANY", "PlantCountry": "UNITED STATES (USA)", "SeatBeltsAll": "Manual", "SuggestedVIN": "", "AirBagLocSide": "1st and 2nd Rows", "DisplacementL": "2.7", "AirBagLocFront": "1st Row (Driver and Passenger)", "DisplacementCC": "2700.0", "DisplacementCI": "164.7641090557771667", "PossibleValues": "", "BrakeSystemType": "Hydraulic", "EngineCylinders": "6", "FuelTypePrimary": "Gasoline", "TrailerBodyType": "Not Applicable", "PlantCompanyName": "Dearborn", "VehicleDescriptor": "1FTEW1EP*JF", "BusFloorConfigType": "Not Applicable", "EngineManufacturer": "Ford", "AdditionalErrorText": "The Model Year decoded for this VIN may be incorrect. If you know the Model year, please enter it and decode again to get more accurate information.", "EngineConfiguration": "V-Shaped", "CustomMotorcycleType": "Not Applicable", "MotorcycleChassisType": "Not Applicable", "MotorcycleSuspensionType": "Not Applicable"}], "SearchCriteria": "VIN:1FTEW1EP6JFA12345"}', '2026-11-29 10:47:58.093297+00'),
	('5YJSA1E27HF000337', 'Tesla', 'Model S', 2017, 'Electric', 'Hatchback/Liftback/Notchback', '{"Count": 1, "Tables": "2026-10", "Message": "Decoded without asking anyone", "Results": [{"ABS": "Standard", "ESC": "Standard", "VIN": "5YJSA1E27HF000337", "GVWR": "Class 1D: 5,001 - 6,000 lb (2,268 - 2,722 kg)", "Make": "TESLA", "Note": "Curb Weight (lbs): 4469-4941", "Doors": "5", "Model": "Model S", "BedType": "Not Applicable", "BusType": "Not Applicable", "GVWR_to": "Class 1D: 5,001 - 6,000 lb (2,268 - 2,722 kg)", "BodyClass": "Hatchback/Liftback/Notchback", "ErrorCode": "0", "ErrorText": "0 - VIN decoded clean. Check Digit (9th position) is correct", "ModelYear": "2017", "PlantCity": "FREMONT", "PlantState": "CALIFORNIA", "BodyCabType": "Not Applicable", "TrailerType": "Not Applicable", "VehicleType": "PASSENGER CAR", "CurbWeightLB": "4941", "Manufacturer": "TESLA, INC.", "PlantCountry": "UNITED STATES (USA)", "SeatBeltsAll": "Manual", "SuggestedVIN": "", "AirBagLocKnee": "1st Row (Driver and Passenger)", "AirBagLocSide": "1st Row (Driver and Passenger)", "AirBagLocFront": "1st Row (Driver and Passenger)", "PossibleValues": "", "FuelTypePrimary": "Electric", "OtherEngineInfo": "Dual Motor - Standard", "TractionControl": "Standard", "TrailerBodyType": "Not Applicable", "SteeringLocation": "Left-Hand Drive (LHD)", "AutoReverseSystem": "Standard", "VehicleDescriptor": "5YJSA1E2*HF", "BusFloorConfigType": "Not Applicable", "AdditionalErrorText": "", "CustomMotorcycleType": "Not Applicable", "ElectrificationLevel": "BEV (Battery Electric Vehicle)", "MotorcycleChassisType": "Not Applicable", "MotorcycleSuspensionType": "Not Applicable", "OtherRestraintSystemInfo": "Type 2 manual seatbelts (FR, SR*3), PODS"}], "SearchCriteria": "VIN:5YJSA1E27HF000337"}', '2026-11-29 10:47:58.375775+00'),
	('2T1BURHEXJC000001', 'Toyota', 'Corolla', 2018, '1.8 L I4', 'Sedan/Saloon', '{"Count": 1, "Tables": "2026-10", "Message": "Decoded without asking anyone", "Results": [{"ABS": "Standard", "CIB": "Standard", "ESC": "Standard", "VIN": "2T1BURHEXJC000001", "GVWR": "Class 1B: 3,001 - 4,000 lb (1,360 - 1,814 kg)", "Make": "TOYOTA", "Note": "Manual Transmission / CVT; Curb Weight (lbs): 2840-2885", "Trim": "L/LE/SE/XLE/XSE", "Axles": "2", "Doors": "4", "Model": "Corolla", "Seats": "5", "Series": "ZRE172L", "Wheels": "4", "BedType": "Not Applicable", "BusType": "Not Applicable", "GVWR_to": "Class 1B: 3,001 - 4,000 lb (1,360 - 1,814 kg)", "EngineHP": "132", "SeatRows": "2", "BasePrice": "18600.00", "BodyClass": "Sedan/Saloon", "DriveType": "4x2", "ErrorCode": "0", "ErrorText": "0 - VIN decoded clean. Check Digit (9th position) is correct", "ModelYear": "2018", "PlantCity": "CAMBRIDGE", "PlantState": "ONTARIO", "BodyCabType": "Not Applicable", "EngineHP_to": "148", "EngineModel": "2ZR-FE", "TopSpeedMPH": "111", "TrailerType": "Not Applicable", "VehicleType": "PASSENGER CAR", "BatteryPacks": "1", "CurbWeightLB": "2885", "EngineCycles": "4", "Manufacturer": "TOYOTA MOTOR MANUFACTURING CANADA", "PlantCountry": "CANADA", "Pretensioner": "Yes", "SeatBeltsAll": "Manual", "SuggestedVIN": "", "AirBagLocKnee": "Driver Seat Only", "AirBagLocSide": "1st Row (Driver and Passenger)", "DisplacementL": "1.8", "WheelBaseType": "Standard", "AirBagLocFront": "1st Row (Driver and Passenger)", "DisplacementCC": "1798", "DisplacementCI": "109.8427393705181111", "LaneKeepSystem": "Standard", "PossibleValues": "", "WheelBaseShort": "106.3", "BrakeSystemDesc": "Calipers / Front Vented Discs", "EngineCylinders": "4", "FuelTypePrimary": "Gasoline", "OtherEngineInfo": "Sequential MPI  ", "TractionControl": "Standard", "TrailerBodyType": "Not Applicable", "AirBagLocCurtain": "All Rows", "PlantCompanyName": "Toyota Motor Manufacturing, Canada, Inc.", "SteeringLocation": "Left-Hand Drive (LHD)", "ValveTrainDesign": "Dual Overhead Cam (DOHC)", "AutoReverseSystem": "Standard", "FuelInjectionType": "Multipoint Fuel Injection (MPFI)", "VehicleDescriptor": "2T1BURHE*JC", "BusFloorConfigType": "Not Applicable", "EngineManufacturer": "Toyota", "TransmissionSpeeds": "6", "ActiveSafetySysNote": "Keyless Ignition: Standard for XLE, SE6MT and XSE trims, Optional for SE trim", "AdaptiveDrivingBeam": "Standard", "AdditionalErrorText": "", "DaytimeRunningLight": "Standard", "DynamicBrakeSupport": "Standard", "EngineConfiguration": "In-Line", "AirBagLocSeatCushion": "Passenger Seat Only", "CustomMotorcycleType": "Not Applicable", "LaneDepartureWarning": "Standard", "RearVisibilitySystem": "Standard", "AdaptiveCruiseControl": "Standard", "MotorcycleChassisType": "Not Applicable", "ForwardCollisionWarning": "Standard", "MotorcycleSuspensionType": "Not Applicable", "SemiautomaticHeadlampBeamSwitching": "Standard", "PedestrianAutomaticEmergencyBraking": "Standard"}], "SearchCriteria": "VIN:2T1BURHEXJC000001"}', '2026-11-29 10:47:58.445645+00'),
	('2HGES16512H500001', 'Honda', 'Civic', 2002, '1.7 L I4', 'Sedan/Saloon', '{"Count": 1, "Tables": "2026-10", "Message": "Decoded without asking anyone", "Results": [{"VIN": "2HGES16512H500001", "GVWR": "Class 1B: 3,001 - 4,000 lb (1,360 - 1,814 kg)", "Make": "HONDA", "Trim": "LX", "Doors": "4", "Model": "Civic", "BedType": "Not Applicable", "BusType": "Not Applicable", "GVWR_to": "Class 1: 6,000 lb or less (2,722 kg or less)", "EngineHP": "115", "BodyClass": "Sedan/Saloon", "ErrorCode": "0", "ErrorText": "0 - VIN decoded clean. Check Digit (9th position) is correct", "ModelYear": "2002", "PlantCity": "ALLISTON", "PlantState": "ONTARIO", "BodyCabType": "Not Applicable", "EngineModel": "D17A1", "TrailerType": "Not Applicable", "VehicleType": "PASSENGER CAR", "Manufacturer": "HONDA OF CANADA MFG., A DIVISION OF HONDA CANADA INC.", "PlantCountry": "CANADA", "SeatBeltsAll": "Manual", "SuggestedVIN": "", "DisplacementL": "1.671480528", "AirBagLocFront": "1st Row (Driver and Passenger)", "DisplacementCC": "1671.480528", "DisplacementCI": "102", "PossibleValues": "", "EngineCylinders": "4", "FuelTypePrimary": "Gasoline", "TrailerBodyType": "Not Applicable", "ValveTrainDesign": "Single Overhead Cam (SOHC)", "TransmissionStyle": "Automatic", "VehicleDescriptor": "2HGES165*2H", "BusFloorConfigType": "Not Applicable", "TransmissionSpeeds": "4", "AdditionalErrorText": "", "EngineConfiguration": "In-Line", "CustomMotorcycleType": "Not Applicable", "MotorcycleChassisType": "Not Applicable", "MotorcycleSuspensionType": "Not Applicable"}], "SearchCriteria": "VIN:2HGES16512H500001"}', '2026-11-29 10:48:01.396963+00');
ALTER TABLE ONLY public._migrations
    ADD CONSTRAINT _migrations_pkey PRIMARY KEY (feature, file);
ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.calendar_links
    ADD CONSTRAINT calendar_links_pkey PRIMARY KEY (account_id);
ALTER TABLE ONLY public.ceremonies
    ADD CONSTRAINT ceremonies_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.first_account
    ADD CONSTRAINT first_account_pkey PRIMARY KEY (is_taken);
ALTER TABLE ONLY public.fuel_logs
    ADD CONSTRAINT fuel_logs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.guess_budgets
    ADD CONSTRAINT guess_budgets_pkey PRIMARY KEY (bucket);
ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_pkey PRIMARY KEY (issuer, subject);
ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.kept_answers
    ADD CONSTRAINT kept_answers_pkey PRIMARY KEY (user_id, key);
ALTER TABLE ONLY public.known_devices
    ADD CONSTRAINT known_devices_pkey PRIMARY KEY (token_hash, account_id);
ALTER TABLE ONLY public.maintenance
    ADD CONSTRAINT maintenance_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.notification_channels
    ADD CONSTRAINT notification_channels_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.notification_tests
    ADD CONSTRAINT notification_tests_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.notified_items
    ADD CONSTRAINT notified_items_pkey PRIMARY KEY (channel_id, item_id, status, due);
ALTER TABLE ONLY public.odometer_readings
    ADD CONSTRAINT odometer_readings_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.passkeys
    ADD CONSTRAINT passkeys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.password_resets
    ADD CONSTRAINT password_resets_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.pending_sign_ins
    ADD CONSTRAINT pending_sign_ins_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.personal_tokens
    ADD CONSTRAINT personal_tokens_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.provider_logins
    ADD CONSTRAINT provider_logins_pkey PRIMARY KEY (key_hash);
ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_pkey PRIMARY KEY (account_id, code_hash);
ALTER TABLE ONLY public.security_events
    ADD CONSTRAINT security_events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (token_hash);
ALTER TABLE ONLY public.station_favorites
    ADD CONSTRAINT station_favorites_pkey PRIMARY KEY (user_id, station_id);
ALTER TABLE ONLY public.station_imports
    ADD CONSTRAINT station_imports_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.stations
    ADD CONSTRAINT stations_google_place_id_key UNIQUE (google_place_id);
ALTER TABLE ONLY public.stations
    ADD CONSTRAINT stations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.totp_secrets
    ADD CONSTRAINT totp_secrets_pkey PRIMARY KEY (account_id);
ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT unique_account_email UNIQUE (email_key);
ALTER TABLE ONLY public.calendar_links
    ADD CONSTRAINT unique_calendar_link_token UNIQUE (token_hash);
ALTER TABLE ONLY public.identities
    ADD CONSTRAINT unique_identity_id UNIQUE (id);
ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT unique_invitation UNIQUE (token_hash);
ALTER TABLE ONLY public.notification_channels
    ADD CONSTRAINT unique_notification_channel UNIQUE (user_id, kind, address);
ALTER TABLE ONLY public.notification_channels
    ADD CONSTRAINT unique_notification_channel_owner UNIQUE (id, user_id);
ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT unique_notification_day UNIQUE (channel_id, day);
ALTER TABLE ONLY public.passkeys
    ADD CONSTRAINT unique_passkey UNIQUE (credential_id);
ALTER TABLE ONLY public.personal_tokens
    ADD CONSTRAINT unique_personal_token UNIQUE (token_hash);
ALTER TABLE ONLY public.vehicles
    ADD CONSTRAINT unique_user_vin UNIQUE (user_id, vin);
ALTER TABLE ONLY public.vehicles
    ADD CONSTRAINT unique_vehicle_owner UNIQUE (id, user_id);
ALTER TABLE ONLY public.user_preferences
    ADD CONSTRAINT user_preferences_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY public.vehicles
    ADD CONSTRAINT vehicles_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.vin_cache
    ADD CONSTRAINT vin_cache_pkey PRIMARY KEY (vin);
CREATE INDEX idx_ceremonies_account_id ON public.ceremonies USING btree (account_id);
CREATE INDEX idx_ceremonies_expires_at ON public.ceremonies USING btree (expires_at);
CREATE INDEX idx_fuel_logs_date ON public.fuel_logs USING btree (date);
CREATE INDEX idx_fuel_logs_station ON public.fuel_logs USING btree (station_id, user_id, date DESC, odometer_reading DESC, id DESC);
CREATE INDEX idx_fuel_logs_user_id ON public.fuel_logs USING btree (user_id);
CREATE INDEX idx_fuel_logs_user_list ON public.fuel_logs USING btree (user_id, date DESC, odometer_reading DESC, id DESC);
CREATE INDEX idx_fuel_logs_vehicle_id ON public.fuel_logs USING btree (vehicle_id);
CREATE INDEX idx_fuel_logs_vehicle_list ON public.fuel_logs USING btree (vehicle_id, user_id, date DESC, odometer_reading DESC, id DESC);
CREATE INDEX idx_guess_budgets_until ON public.guess_budgets USING btree (until);
CREATE INDEX idx_identities_account_id ON public.identities USING btree (account_id);
CREATE INDEX idx_invitations_created_at ON public.invitations USING btree (created_at, id);
CREATE INDEX idx_invitations_expires_at ON public.invitations USING btree (expires_at);
CREATE INDEX idx_kept_answers_created_at ON public.kept_answers USING btree (created_at);
CREATE INDEX idx_known_devices_account_id ON public.known_devices USING btree (account_id);
CREATE INDEX idx_known_devices_seen_at ON public.known_devices USING btree (seen_at);
CREATE INDEX idx_maintenance_done ON public.maintenance USING btree (vehicle_id, user_id, is_completed, completed_date DESC, id DESC);
CREATE INDEX idx_maintenance_due_date ON public.maintenance USING btree (due_date);
CREATE INDEX idx_maintenance_is_completed ON public.maintenance USING btree (is_completed);
CREATE INDEX idx_maintenance_list ON public.maintenance USING btree (user_id, created_at DESC, id DESC);
CREATE INDEX idx_maintenance_open ON public.maintenance USING btree (user_id, is_completed, due_date);
CREATE INDEX idx_maintenance_user_id ON public.maintenance USING btree (user_id);
CREATE INDEX idx_maintenance_vehicle_id ON public.maintenance USING btree (vehicle_id);
CREATE INDEX idx_maintenance_vehicle_list ON public.maintenance USING btree (vehicle_id, user_id, created_at DESC, id DESC);
CREATE INDEX idx_notification_channels_user ON public.notification_channels USING btree (user_id, created_at DESC, id DESC);
CREATE INDEX idx_notifications_due ON public.notifications USING btree (user_id, next_at);
CREATE INDEX idx_odometer_readings_user ON public.odometer_readings USING btree (user_id, date DESC);
CREATE INDEX idx_odometer_readings_vehicle ON public.odometer_readings USING btree (vehicle_id, user_id, date DESC, reading DESC, id DESC);
CREATE INDEX idx_passkeys_account_id ON public.passkeys USING btree (account_id);
CREATE INDEX idx_password_resets_account_id ON public.password_resets USING btree (account_id);
CREATE INDEX idx_password_resets_expires_at ON public.password_resets USING btree (expires_at);
CREATE INDEX idx_pending_sign_ins_account_id ON public.pending_sign_ins USING btree (account_id);
CREATE INDEX idx_pending_sign_ins_expires_at ON public.pending_sign_ins USING btree (expires_at);
CREATE INDEX idx_personal_tokens_account_id ON public.personal_tokens USING btree (account_id);
CREATE INDEX idx_provider_logins_created_at ON public.provider_logins USING btree (created_at);
CREATE INDEX idx_security_events_at ON public.security_events USING btree (at, id);
CREATE INDEX idx_security_events_kind ON public.security_events USING btree (kind, at);
CREATE INDEX idx_sessions_account_id ON public.sessions USING btree (account_id);
CREATE INDEX idx_sessions_expires_at ON public.sessions USING btree (expires_at);
CREATE INDEX idx_station_favorites_station ON public.station_favorites USING btree (station_id);
CREATE INDEX idx_stations_cell ON public.stations USING btree (cell, latitude, longitude, id);
CREATE INDEX idx_stations_list ON public.stations USING btree (created_at DESC, id DESC);
CREATE INDEX idx_stations_words ON public.stations USING gin (to_tsvector('simple'::regconfig, translate(search_key, '-./_@:+~&<>=?;'::text, '              '::text)));
CREATE INDEX idx_vehicles_created_at ON public.vehicles USING btree (created_at);
CREATE INDEX idx_vehicles_is_active ON public.vehicles USING btree (is_active);
CREATE INDEX idx_vehicles_list ON public.vehicles USING btree (user_id, created_at DESC, id DESC);
CREATE INDEX idx_vehicles_user_id ON public.vehicles USING btree (user_id);
CREATE INDEX idx_vehicles_vin ON public.vehicles USING btree (vin);
CREATE INDEX idx_vin_cache_cached_at ON public.vin_cache USING btree (cached_at);
CREATE UNIQUE INDEX unique_account_user_id ON public.accounts USING btree (user_id);
CREATE UNIQUE INDEX unique_maintenance_previous ON public.maintenance USING btree (previous_id);
CREATE UNIQUE INDEX unique_session_id ON public.sessions USING btree (id);
CREATE UNIQUE INDEX unique_station_origin ON public.stations USING btree (origin);
CREATE TRIGGER update_fuel_logs_updated_at BEFORE UPDATE ON public.fuel_logs FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();
CREATE TRIGGER update_maintenance_updated_at BEFORE UPDATE ON public.maintenance FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();
CREATE TRIGGER update_stations_updated_at BEFORE UPDATE ON public.stations FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();
CREATE TRIGGER update_vehicles_updated_at BEFORE UPDATE ON public.vehicles FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();
ALTER TABLE ONLY public.calendar_links
    ADD CONSTRAINT calendar_links_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE ONLY public.ceremonies
    ADD CONSTRAINT ceremonies_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE ONLY public.first_account
    ADD CONSTRAINT first_account_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON UPDATE CASCADE ON DELETE RESTRICT;
ALTER TABLE ONLY public.fuel_logs
    ADD CONSTRAINT fuel_logs_station_id_fkey FOREIGN KEY (station_id) REFERENCES public.stations(id) ON UPDATE CASCADE ON DELETE SET NULL;
ALTER TABLE ONLY public.fuel_logs
    ADD CONSTRAINT fuel_logs_vehicle_id_fkey FOREIGN KEY (vehicle_id) REFERENCES public.vehicles(id) ON UPDATE CASCADE ON DELETE RESTRICT;
ALTER TABLE ONLY public.fuel_logs
    ADD CONSTRAINT fuel_logs_vehicle_owner_fkey FOREIGN KEY (vehicle_id, user_id) REFERENCES public.vehicles(id, user_id) ON UPDATE CASCADE ON DELETE RESTRICT;
ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE ONLY public.known_devices
    ADD CONSTRAINT known_devices_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE ONLY public.maintenance
    ADD CONSTRAINT maintenance_vehicle_id_fkey FOREIGN KEY (vehicle_id) REFERENCES public.vehicles(id) ON UPDATE CASCADE ON DELETE RESTRICT;
ALTER TABLE ONLY public.maintenance
    ADD CONSTRAINT maintenance_vehicle_owner_fkey FOREIGN KEY (vehicle_id, user_id) REFERENCES public.vehicles(id, user_id) ON UPDATE CASCADE ON DELETE RESTRICT;
ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_channel_owner_fkey FOREIGN KEY (channel_id, user_id) REFERENCES public.notification_channels(id, user_id) ON DELETE CASCADE;
ALTER TABLE ONLY public.notified_items
    ADD CONSTRAINT notified_items_channel_owner_fkey FOREIGN KEY (channel_id, user_id) REFERENCES public.notification_channels(id, user_id) ON DELETE CASCADE;
ALTER TABLE ONLY public.odometer_readings
    ADD CONSTRAINT odometer_readings_vehicle_owner_fkey FOREIGN KEY (vehicle_id, user_id) REFERENCES public.vehicles(id, user_id) ON UPDATE CASCADE ON DELETE RESTRICT;
ALTER TABLE ONLY public.passkeys
    ADD CONSTRAINT passkeys_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE ONLY public.password_resets
    ADD CONSTRAINT password_resets_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE ONLY public.pending_sign_ins
    ADD CONSTRAINT pending_sign_ins_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE ONLY public.personal_tokens
    ADD CONSTRAINT personal_tokens_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE ONLY public.station_favorites
    ADD CONSTRAINT station_favorites_station_id_fkey FOREIGN KEY (station_id) REFERENCES public.stations(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.totp_secrets
    ADD CONSTRAINT totp_secrets_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id) ON UPDATE CASCADE ON DELETE CASCADE;
CREATE POLICY clear_away_delete ON public.kept_answers FOR DELETE USING ((( SELECT current_setting('app.job'::text, true) AS current_setting) = 'kept-answers'::text));
CREATE POLICY clear_away_read ON public.kept_answers FOR SELECT USING ((( SELECT current_setting('app.job'::text, true) AS current_setting) = 'kept-answers'::text));
ALTER TABLE public.fuel_logs ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.kept_answers ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.maintenance ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.notification_channels ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.notification_tests ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.notifications ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.notified_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.odometer_readings ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON public.fuel_logs USING (((user_id)::text = ( SELECT NULLIF(current_setting('app.user_id'::text, true), ''::text) AS "nullif")));
CREATE POLICY own_rows ON public.kept_answers USING (((user_id)::text = ( SELECT NULLIF(current_setting('app.user_id'::text, true), ''::text) AS "nullif")));
CREATE POLICY own_rows ON public.maintenance USING (((user_id)::text = ( SELECT NULLIF(current_setting('app.user_id'::text, true), ''::text) AS "nullif")));
CREATE POLICY own_rows ON public.notification_channels USING (((user_id)::text = ( SELECT NULLIF(current_setting('app.user_id'::text, true), ''::text) AS "nullif")));
CREATE POLICY own_rows ON public.notification_tests USING (((user_id)::text = ( SELECT NULLIF(current_setting('app.user_id'::text, true), ''::text) AS "nullif")));
CREATE POLICY own_rows ON public.notifications USING (((user_id)::text = ( SELECT NULLIF(current_setting('app.user_id'::text, true), ''::text) AS "nullif")));
CREATE POLICY own_rows ON public.notified_items USING (((user_id)::text = ( SELECT NULLIF(current_setting('app.user_id'::text, true), ''::text) AS "nullif")));
CREATE POLICY own_rows ON public.odometer_readings USING (((user_id)::text = ( SELECT NULLIF(current_setting('app.user_id'::text, true), ''::text) AS "nullif")));
CREATE POLICY own_rows ON public.station_favorites USING (((user_id)::text = ( SELECT NULLIF(current_setting('app.user_id'::text, true), ''::text) AS "nullif")));
CREATE POLICY own_rows ON public.user_preferences USING (((user_id)::text = ( SELECT NULLIF(current_setting('app.user_id'::text, true), ''::text) AS "nullif")));
CREATE POLICY own_rows ON public.vehicles USING (((user_id)::text = ( SELECT NULLIF(current_setting('app.user_id'::text, true), ''::text) AS "nullif")));
ALTER TABLE public.station_favorites ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.user_preferences ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.vehicles ENABLE ROW LEVEL SECURITY;
